package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.AbstractUserAuth;
import org.apache.sshd.client.auth.AbstractUserAuthFactory;
import org.apache.sshd.client.auth.UserAuth;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.ssh.Algorithms;

/** Tokens from clients that say what ssh would not. */
class TokenLoginIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path dir;
  private TokenStore tokens;
  private String token;
  private StockServer server;

  @BeforeEach
  void start() throws Exception {
    tokens = TokenStore.open(dir);
    token = tokens.create("ci", "", null).get(10, TimeUnit.SECONDS).text();
    KeyRing ring = new KeySources(FirstKey.in(dir), null, List.of(), List.of(), null).read();
    server = new StockServer(dir, new LetIn(() -> ring, tokens, Anonymous.NOBODY));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    tokens.close();
  }

  /** A method of which a client sends these bytes, and answers with those. */
  private static final class Raw extends AbstractUserAuth {
    private final Consumer<Buffer> request;
    private final @Nullable Consumer<Buffer> answer;
    private int left;

    Raw(String name, int tries, Consumer<Buffer> request, @Nullable Consumer<Buffer> answer) {
      super(name);
      this.left = tries;
      this.request = request;
      this.answer = answer;
    }

    @Override
    protected boolean sendAuthDataRequest(ClientSession session, String service) throws Exception {
      if (left-- == 0) {
        return false;
      }
      Buffer packet = session.createBuffer(SshConstants.SSH_MSG_USERAUTH_REQUEST);
      packet.putString(session.getUsername());
      packet.putString(service);
      packet.putString(getName());
      request.accept(packet);
      session.writePacket(packet);
      return true;
    }

    @Override
    protected boolean processAuthDataRequest(ClientSession session, String service, Buffer buffer)
        throws Exception {
      if (answer == null) {
        return false;
      }
      Buffer packet = session.createBuffer(SshConstants.SSH_MSG_USERAUTH_INFO_RESPONSE);
      answer.accept(packet);
      session.writePacket(packet);
      return true;
    }
  }

  private void login(
      String method, int tries, Consumer<Buffer> request, @Nullable Consumer<Buffer> answer)
      throws Exception {
    SshClient client = SshClient.setUpDefaultClient();
    Algorithms.apply(client);
    client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
    client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
    client.setUserAuthFactories(
        List.of(
            new AbstractUserAuthFactory(method) {
              @Override
              public UserAuth createUserAuth(ClientSession session) {
                return new Raw(method, tries, request, answer);
              }
            }));
    client.start();
    try (ClientSession session =
        client.connect("me", "127.0.0.1", server.port()).verify(LIMIT).getSession()) {
      session.auth().verify(LIMIT);
    } finally {
      client.stop();
    }
  }

  private void password(boolean change, byte[] given) throws Exception {
    login(
        "password",
        1,
        packet -> {
          packet.putBoolean(change);
          packet.putBytes(given);
          if (change) {
            packet.putBytes(given);
          }
        },
        null);
  }

  private void interactive(Consumer<Buffer> answer) throws Exception {
    login(
        "keyboard-interactive",
        1,
        packet -> {
          packet.putString("");
          packet.putString("");
        },
        answer);
  }

  private byte[] token() {
    return token.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void token_asItShouldBe_letsIn() throws Exception {
    password(false, token());
    assertThat(server.verified().identity().display()).isEqualTo("ci");
    interactive(packet -> {
      packet.putInt(1);
      packet.putBytes(token());
    });
    assertThat(server.verified().proof().word()).isEqualTo("token");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 40, 42, 257, 30_000})
  void passwordOfAnotherLength_isRefused(int length) throws Exception {
    byte[] given = new byte[length];
    System.arraycopy(token(), 0, given, 0, Math.min(length, token.length()));
    assertThatThrownBy(() -> password(false, given)).isInstanceOf(SshException.class);
    assertThat(server.nobodyCameIn()).isTrue();
  }

  @Test
  void sixWrongTokens_endTheConnection() {
    Consumer<Buffer> wrong =
        packet -> {
          packet.putBoolean(false);
          packet.putString("relay_aaaaaaaa_" + "a".repeat(26));
        };
    assertThatThrownBy(() -> login("password", 5, wrong, null))
        .hasMessageNotContaining("Too many authentication failures");
    assertThatThrownBy(() -> login("password", 10, wrong, null))
        .hasMessageContaining("Too many authentication failures");
    assertThat(server.nobodyCameIn()).isTrue();
  }

  @Test
  void passwordToBeChanged_isRefused() {
    assertThatThrownBy(() -> password(true, token())).isInstanceOf(SshException.class);
    assertThat(server.nobodyCameIn()).isTrue();
  }

  @Test
  void answersOfAnotherNumber_areRefused() {
    assertThatThrownBy(() -> interactive(packet -> packet.putInt(0)))
        .isInstanceOf(SshException.class);
    assertThatThrownBy(() ->
            interactive(packet -> {
              packet.putInt(2);
              packet.putBytes(token());
              packet.putBytes(token());
            }))
        .isInstanceOf(SshException.class);
    assertThatThrownBy(() ->
            interactive(packet -> {
              packet.putInt(1);
              packet.putInt(Integer.MAX_VALUE); // of bytes that do not come
              packet.putRawBytes(token());
            }))
        .isInstanceOf(SshException.class);
    assertThat(server.nobodyCameIn()).isTrue();
  }
}
