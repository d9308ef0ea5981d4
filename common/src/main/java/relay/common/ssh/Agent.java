package relay.common.ssh;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentConstants;
import org.apache.sshd.agent.SshAgentFactory;
import org.apache.sshd.agent.SshAgentServer;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * The user's ssh-agent, over its unix-domain socket (draft-miller-ssh-agent). Every request has a
 * time-out, so an agent that hangs costs a while, never for ever. Blocking; one request at a time.
 */
public final class Agent extends AbstractAgentProxy {

  /** For listing keys: an agent answers that by itself. */
  public static final Duration ANSWER = Duration.ofSeconds(2);

  /** For a signature: somebody may have to touch a device or to confirm. */
  public static final Duration SIGNATURE = Duration.ofSeconds(60);

  /** OpenSSH's own limit for a message of its agent. */
  private static final int MAX_MESSAGE = 256 * 1024;

  private static final int COMMAND = Integer.BYTES;

  static {
    EdwardsCurves.register();
  }

  private final SocketChannel channel;
  private final Selector selector;
  private final Duration answer;
  private final Duration signature;

  private Agent(SocketChannel channel, Selector selector, Duration answer, Duration signature) {
    super(null);
    this.channel = channel;
    this.selector = selector;
    this.answer = answer;
    this.signature = signature;
  }

  /** Connects to the socket that {@code SSH_AUTH_SOCK} names. */
  public static Agent connect(Path socket) throws IOException {
    return connect(socket, ANSWER, SIGNATURE);
  }

  static Agent connect(Path socket, Duration answer, Duration signature) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket)); // local: at once or not at all
      channel.configureBlocking(false);
      Selector selector = Selector.open();
      channel.register(selector, 0);
      return new Agent(channel, selector, answer, signature);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e instanceof IOException io ? io : new IOException(socket + " is no socket", e);
    }
  }

  /** For {@code SshClient.setAgentFactory}: one connection to the agent per session. */
  public static SshAgentFactory factory(Path socket) {
    return new SshAgentFactory() {
      @Override
      public List<ChannelFactory> getChannelForwardingFactories(FactoryManager manager) {
        return List.of(); // the agent is not forwarded
      }

      @Override
      public SshAgent createClient(Session session, FactoryManager manager) throws IOException {
        return connect(socket);
      }

      @Override
      public SshAgentServer createServer(ConnectionService service) {
        throw new UnsupportedOperationException("the agent is not forwarded");
      }
    };
  }

  /** The agent's keys with their comments; those of kinds that MINA does not know are left out. */
  @Override
  public Iterable<? extends Map.Entry<PublicKey, String>> getIdentities() throws IOException {
    try {
      return super.getIdentities();
    } catch (RuntimeException e) {
      throw new IOException("the agent answers no list of keys", e);
    }
  }

  @Override
  protected synchronized Buffer request(Buffer request) throws IOException {
    byte command = request.array()[request.rpos() + COMMAND];
    boolean signs = command == SshAgentConstants.SSH2_AGENTC_SIGN_REQUEST;
    long deadline = System.nanoTime() + (signs ? signature : answer).toNanos();
    ByteBuffer out = ByteBuffer.wrap(request.array(), request.rpos(), request.available());
    while (out.hasRemaining()) {
      if (channel.write(out) == 0) {
        await(SelectionKey.OP_WRITE, deadline);
      }
    }
    int length = read(Integer.BYTES, deadline).getInt();
    if (length < 1 || length > MAX_MESSAGE) {
      close();
      throw new IOException("the agent answers with " + length + " bytes");
    }
    return new ByteArrayBuffer(read(length, deadline).array());
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }

  private ByteBuffer read(int length, long deadline) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(length);
    while (in.hasRemaining()) {
      int count = channel.read(in);
      if (count < 0) {
        throw new EOFException("the agent has closed the connection");
      }
      if (count == 0) {
        await(SelectionKey.OP_READ, deadline);
      }
    }
    return in.flip();
  }

  /** Closes on time-out: an answer that comes late would be taken for the next one. */
  private void await(int operation, long deadline) throws IOException {
    channel.keyFor(selector).interestOps(operation);
    long millis = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
    if (millis <= 0 || selector.select(millis) == 0) {
      close();
      throw new IOException("the agent does not answer");
    }
    selector.selectedKeys().clear();
  }
}
