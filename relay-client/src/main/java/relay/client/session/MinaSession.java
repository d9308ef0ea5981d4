package relay.client.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.sshd.client.ClientFactoryManager;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import relay.common.ssh.LoopKeyExchange;

/**
 * MINA's client session: transport and authentication (RFC 4253, RFC 4252), with the key exchange
 * kept on the event loop and the server's known keys asked for first.
 */
final class MinaSession extends ClientSessionImpl {

  private final Set<String> knownHostKeyTypes;

  /**
   * @param knownHostKeyTypes key types that {@code known_hosts} has for the server: a server with
   *     several keys is to show one that can be checked
   */
  MinaSession(ClientFactoryManager client, IoSession transport, Set<String> knownHostKeyTypes)
      throws Exception {
    super(client, transport);
    this.knownHostKeyTypes = knownHostKeyTypes;
  }

  /** Called by the super-constructor: the fields of this class are not set yet. */
  @Override
  protected KeyExchangeMessageHandler initializeKeyExchangeMessageHandler() {
    return new LoopKeyExchange(this, this::doWritePacket);
  }

  LoopKeyExchange keyExchange() {
    return (LoopKeyExchange) kexHandler;
  }

  @Override
  protected String resolveAvailableSignaturesProposal(FactoryManager manager) {
    return knownFirst(super.resolveAvailableSignaturesProposal(manager), knownHostKeyTypes);
  }

  /** The algorithms whose keys are of a known type, then the others, each in their own order. */
  static String knownFirst(String algorithms, Set<String> knownTypes) {
    List<String> known = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String algorithm : algorithms.split(",", -1)) {
      // RFC 8332: an ssh-rsa key signs with rsa-sha2-512 and rsa-sha2-256
      String type = algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm;
      (knownTypes.contains(type) ? known : others).add(algorithm);
    }
    known.addAll(others);
    return String.join(",", known);
  }
}
