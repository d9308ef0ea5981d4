package relay.server;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.Algorithms;
import relay.common.ssh.ForwardedTcpip;
import relay.common.ssh.TcpipForward;

/** An SSH client that sends global requests and opens channels which ssh would not, or not so. */
final class RawClient implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** One for all: its threads and its tables cost more than a session. */
  private static final SshClient CLIENT = client();

  private final ClientSession session;
  private final Map<Long, RawChannel> channels = new ConcurrentHashMap<>();
  private final AtomicLong nextChannel = new AtomicLong(1_000_000);

  RawClient(int port, Path key) throws IOException {
    session = CLIENT.connect("raw", "127.0.0.1", port).verify(LIMIT).getSession();
    session.setKeyIdentityProvider(new FileKeyPairProvider(key));
    session.setUnknownChannelReferenceHandler(this::channelMessage);
    session.auth().verify(LIMIT);
  }

  private static SshClient client() {
    SshClient client = SshClient.setUpDefaultClient();
    Algorithms.apply(client);
    client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
    client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
    CoreModuleProperties.TCP_NODELAY.set(client, true);
    client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
    client.start();
    return client;
  }

  /** An answer that has not come yet. */
  static final class Answer {
    private final CompletableFuture<String> text = new CompletableFuture<>();

    /** {@code refused}, {@code granted}, or {@code granted PORT} where the answer has a port. */
    String text() throws Exception {
      return text.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Whether it has come already, and grants. */
    boolean isGranted() {
      return text.getNow("none yet").startsWith("granted");
    }

    private void came(int command, Buffer details) {
      if (command != SshConstants.SSH_MSG_REQUEST_SUCCESS) {
        text.complete("refused");
      } else {
        text.complete(details.available() > 0 ? "granted " + details.getInt() : "granted");
      }
    }
  }

  Answer forward(String host, long port) throws IOException {
    return request(TcpipForward.NAME, new TcpipForward(host, port)::write);
  }

  Answer cancel(String host, long port) throws IOException {
    return request(TcpipForward.CANCEL, new TcpipForward(host, port)::write);
  }

  /** Sends and does not wait. */
  Answer request(String name, Consumer<Buffer> details) throws IOException {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_GLOBAL_REQUEST);
    packet.putString(name);
    packet.putBoolean(true);
    details.accept(packet);
    Answer answer = new Answer();
    session.request(packet, name, answer::came);
    return answer;
  }

  /** A channel of ours, as far as the other side has told of it. */
  static final class RawChannel {
    private final CompletableFuture<String> answer = new CompletableFuture<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    private final AtomicInteger granted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile long peer;

    /** {@code open}, or {@code refused}, the reason's number and its text. */
    String answer() throws Exception {
      return answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    boolean isAnswered() {
      return answer.isDone();
    }

    /** How many requests on the channel were granted. */
    int granted() {
      return granted.get();
    }

    /** How many requests on the channel were refused. */
    int refused() {
      return refused.get();
    }

    /** Waits for the end, and tells whether it is one: EOF, and not CLOSE without it. */
    boolean endsWhole() throws Exception {
      return end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** Asks for a channel and does not wait. */
  RawChannel open(String type, Consumer<Buffer> details) throws IOException {
    RawChannel channel = new RawChannel();
    long id = nextChannel.getAndIncrement();
    channels.put(id, channel);
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN);
    packet.putString(type);
    packet.putUInt(id);
    packet.putUInt(1 << 20);
    packet.putUInt(32 << 10);
    details.accept(packet);
    session.writePacket(packet);
    return channel;
  }

  /** Asks for a {@code direct-tcpip} channel and does not wait. */
  RawChannel openDirect(String host, long port) throws IOException {
    return open(ForwardedTcpip.DIRECT, new ForwardedTcpip(host, port, "203.0.113.9", 4711)::write);
  }

  /** Sends a request on a channel that is open, and does not wait. */
  void request(RawChannel channel, String type, Consumer<Buffer> details) throws IOException {
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST);
    packet.putUInt(channel.peer);
    packet.putString(type);
    packet.putBoolean(true);
    details.accept(packet);
    session.writePacket(packet);
  }

  private @Nullable Channel channelMessage(
      ConnectionService service, byte command, long id, Buffer details) {
    RawChannel channel = Objects.requireNonNull(channels.get(id), "no channel " + id);
    switch (command) {
      case SshConstants.SSH_MSG_CHANNEL_OPEN_CONFIRMATION -> {
        channel.peer = details.getUInt();
        channel.answer.complete("open");
      }
      case SshConstants.SSH_MSG_CHANNEL_SUCCESS -> channel.granted.incrementAndGet();
      case SshConstants.SSH_MSG_CHANNEL_FAILURE -> channel.refused.incrementAndGet();
      case SshConstants.SSH_MSG_CHANNEL_OPEN_FAILURE ->
          channel.answer.complete("refused " + details.getInt() + " " + details.getString());
      case SshConstants.SSH_MSG_CHANNEL_EOF -> channel.end.complete(true);
      case SshConstants.SSH_MSG_CHANNEL_CLOSE -> channel.end.complete(false);
      default -> {
        // data, and what is said of windows
      }
    }
    return null;
  }

  /** Whether the other side has not ended the session. */
  boolean isOpen() {
    return session.isOpen();
  }

  /** Ends the connection without a word. */
  @Override
  public void close() {
    session.close(true);
  }
}
