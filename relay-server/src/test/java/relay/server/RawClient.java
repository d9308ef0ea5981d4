package relay.server;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.common.util.buffer.Buffer;
import relay.common.ssh.Algorithms;
import relay.common.ssh.TcpipForward;

/** An SSH client that sends global requests which ssh would not, or not so. */
final class RawClient implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final SshClient client = SshClient.setUpDefaultClient();
  private final ClientSession session;

  RawClient(int port, Path key) throws IOException {
    Algorithms.apply(client);
    client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
    client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
    client.setKeyIdentityProvider(new FileKeyPairProvider(key));
    client.start();
    session = client.connect("raw", "127.0.0.1", port).verify(LIMIT).getSession();
    session.auth().verify(LIMIT);
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

  @Override
  public void close() {
    session.close(true);
    client.stop();
  }
}
