package relay.server.ssh;

import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import org.apache.sshd.server.ServerFactoryManager;
import org.apache.sshd.server.session.ServerSessionImpl;
import relay.common.ssh.LoopKeyExchange;

/** MINA's server session, with a key exchange that stays on the event loop. */
final class RelaySession extends ServerSessionImpl {

  private boolean connection;

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
}
