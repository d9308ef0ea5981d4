package relay.server.ssh;

import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import org.apache.sshd.server.ServerFactoryManager;
import org.apache.sshd.server.session.ServerSessionImpl;
import relay.common.ssh.CipherChoice;
import relay.common.ssh.LoopKeyExchange;

/**
 * MINA's server session, with a key exchange that stays on the event loop.
 *
 * <p>Where the client's version promises AES-GCM, its proposal is awaited before ours is made (one
 * round trip at login): ours then narrows the ciphers to GCM for a client that offers it, and to
 * what its user configured for one that does not.
 */
final class RelaySession extends ServerSessionImpl {

  private boolean connection;
  private boolean awaitsProposal;

  RelaySession(ServerFactoryManager server, IoSession transport) throws Exception {
    super(server, transport);
  }

  /** Called by MINA's constructor: no field of this class is set yet. */
  @Override
  protected KeyExchangeMessageHandler initializeKeyExchangeMessageHandler() {
    return new LoopKeyExchange(this, this::doWritePacket);
  }

  LoopKeyExchange keyExchange() {
    return (LoopKeyExchange) kexHandler;
  }

  /** Whether the connection protocol has begun: it does so once. */
  boolean hasConnection() {
    return connection;
  }

  void connected() {
    connection = true;
  }

  @Override
  protected byte[] sendKexInit() throws Exception {
    if (getClientKexProposals().isEmpty() && CipherChoice.isGcmClient(getClientVersion())) {
      awaitsProposal = true;
      return new byte[0];
    }
    return super.sendKexInit();
  }

  @Override
  protected void doKexNegotiation() throws Exception {
    if (awaitsProposal) {
      awaitsProposal = false;
      super.sendKexInit();
    }
    super.doKexNegotiation();
  }
}
