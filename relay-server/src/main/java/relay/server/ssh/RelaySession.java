package relay.server.ssh;

import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.ServerFactoryManager;
import org.apache.sshd.server.session.ServerSessionImpl;
import relay.common.ssh.CipherChoice;
import relay.common.ssh.LoopKeyExchange;
import relay.server.auth.Admission;

/**
 * MINA's server session, with a key exchange that stays on the event loop.
 *
 * <p>Where the client's version promises AES-GCM, its proposal is awaited before ours is made (one
 * round trip at login): ours then narrows the ciphers to GCM for a client that offers it, and to
 * what its user configured for one that does not.
 */
final class RelaySession extends ServerSessionImpl {

  /** All that a client may send before it has proved who it is; seven keys are a tenth of it. */
  private static final int MAX_BEFORE_LOGIN = 256 * 1024;

  /** What of it may wait for the rest of its packet, which RFC 4253 §6.1 lets be 35,000. */
  private static final int MAX_HELD_BEFORE_LOGIN = 64 * 1024;

  private boolean connection;
  private boolean awaitsProposal;
  private boolean hasService;
  private int beforeLogin;

  RelaySession(ServerFactoryManager server, IoSession transport) throws Exception {
    super(server, transport);
  }

  /** Called by MINA's constructor: no field of this class is set yet. */
  @Override
  protected KeyExchangeMessageHandler initializeKeyExchangeMessageHandler() {
    return new LoopKeyExchange(this, this::doWritePacket);
  }

  /** For MINA's log, without the login name: that may be a secret in the wrong place. */
  @Override
  public String toString() {
    return "session of " + getClientAddress();
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
  public void messageReceived(Readable bytes) throws Exception {
    if (isAuthenticated()) {
      super.messageReceived(bytes);
      return;
    }
    beforeLogin += bytes.available();
    if (beforeLogin > MAX_BEFORE_LOGIN) {
      throw tooMuch();
    }
    while (!isAuthenticated() && bytes.available() > 0) {
      super.messageReceived(new Piece(bytes));
      if (!isAuthenticated() && decoderBuffer.available() > MAX_HELD_BEFORE_LOGIN) {
        throw tooMuch();
      }
    }
    if (bytes.available() > 0) {
      super.messageReceived(bytes);
    }
  }

  /** The next of what was read: however much that is at once, what is held is looked at between. */
  private static final class Piece implements Readable {
    private static final int BYTES = 16 * 1024;

    private final Readable all;
    private int left;

    Piece(Readable all) {
      this.all = all;
      this.left = Math.min(BYTES, all.available());
    }

    @Override
    public int available() {
      return left;
    }

    @Override
    public void getRawBytes(byte[] data, int offset, int length) {
      all.getRawBytes(data, offset, length);
      left -= length;
    }
  }

  /** Every message of the protocol is a step towards the login, but those that say nothing. */
  @Override
  protected void handleMessage(Buffer buffer) throws Exception {
    if (!isAuthenticated()) {
      switch (buffer.rawByte(buffer.rpos())) {
        case SshConstants.SSH_MSG_IGNORE,
            SshConstants.SSH_MSG_DEBUG,
            SshConstants.SSH_MSG_UNIMPLEMENTED -> {}
        default -> Admission.of(this).step();
      }
    }
    super.handleMessage(buffer);
  }

  private static SshException tooMuch() {
    return new SshException(
        SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR, "too many bytes before authentication");
  }

  /** One: a second {@code ssh-userauth} would count the failed tries from the beginning. */
  @Override
  protected boolean handleServiceRequest(String name, Buffer buffer) throws Exception {
    if (hasService) {
      throw new SshException(
          SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR, "a second service was asked for");
    }
    hasService = true;
    return super.handleServiceRequest(name, buffer);
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
