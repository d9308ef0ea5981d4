package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.ssh.Algorithms;
import relay.common.ssh.KeyFiles;

/** Who is let in, and as whom: with the real ssh, and with a client that lies. */
class SshAuthenticationIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** How ssh ended and what it said. */
  record Ended(int exit, String said) {}

  @TempDir Path dir;
  private Path ann;
  private Path ben;
  private StockServer server;

  @BeforeEach
  void start() throws Exception {
    ann = Keys.make(dir.resolve("ann"));
    ben = Keys.make(dir.resolve("ben"));
    serve("command=\"x\" " + Keys.line(ann), Keys.line(ben));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void each_key_is_its_owner_whatever_the_user_name() throws Exception {
    assertThat(ssh("-l", "anything at all", "-i", ann.toString()).exit()).isZero();
    Login first = server.verified();
    assertThat(first.identity().display()).isEqualTo("ann");
    assertThat(first.grants().console()).isFalse();
    assertThat(ssh("-l", "root", "-i", ben.toString()).exit()).isZero();
    Login second = server.verified();
    assertThat(second.identity().display()).isEqualTo("ben");
    assertThat(second.identity().id()).isNotEqualTo(first.identity().id());
    assertThat(second.grants()).isEqualTo(Grants.ALL);
  }

  @Test
  void key_that_was_only_named_is_nobody() throws Exception {
    Path locked = Keys.make(dir.resolve("locked"), "-t", "ed25519", "-N", "secret");
    server.close();
    serve(Keys.line(locked), Keys.line(ben));
    Ended ended = ssh("-v", "-i", locked.toString(), "-i", ben.toString());
    assertThat(ended.said()).contains("Server accepts key: " + locked); // it was probed
    assertThat(ended.exit()).isZero();
    assertThat(server.verified().identity().display()).isEqualTo("ben");
  }

  @Test
  void signature_of_another_key_is_nobody_and_then_ben_is_ben() throws Exception {
    KeyPair forged = new KeyPair(Keys.key(ann), pair(ben).getPrivate());
    assertThatThrownBy(() -> login("ann", forged)).isInstanceOf(SshException.class);
    assertThat(server.nobodyCameIn()).isTrue();
    login("ann", forged, pair(ben));
    assertThat(server.verified().identity().display()).isEqualTo("ben");
    assertThat(server.nobodyCameIn()).isTrue();
  }

  @Test
  void verified_before_authentication_is_an_error() throws Exception {
    var seen = new CompletableFuture<Throwable>();
    server
        .server()
        .setPublickeyAuthenticator((user, key, session) -> {
          try {
            SshAuthentication.verified(session);
            seen.complete(new AssertionError("verified by being named"));
          } catch (IllegalStateException e) {
            seen.complete(e);
          }
          return true;
        });
    ssh("-i", ann.toString());
    assertThat(seen.get(5, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void five_wrong_keys_then_the_right_one() throws Exception {
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      arguments.add("-i");
      arguments.add(Keys.make(dir.resolve("wrong" + i)).toString());
    }
    arguments.addAll(List.of("-i", ben.toString()));
    assertThat(ssh(arguments.toArray(new String[0])).exit()).isZero();
    assertThat(server.verified().identity().display()).isEqualTo("ben");

    arguments.addAll(0, List.of("-i", Keys.make(dir.resolve("wrong5")).toString()));
    Ended ended = ssh(arguments.toArray(new String[0]));
    assertThat(ended.exit()).isEqualTo(255);
    assertThat(ended.said()).contains("Too many authentication failures");
    assertThat(server.nobodyCameIn()).isTrue();
  }

  @Test
  void stranger_hears_what_sshd_would_say() throws Exception {
    Ended ended = ssh("-l", "tuser", "-i", Keys.make(dir.resolve("stranger")).toString());
    assertThat(ended.exit()).isEqualTo(255);
    assertThat(ended.said()).contains("tuser@127.0.0.1: Permission denied (publickey).");
  }

  @Test
  void long_user_name_is_a_failure() throws Exception {
    assertThat(ssh("-l", "u".repeat(256), "-i", ben.toString()).exit()).isZero();
    assertThat(server.verified().identity().display()).isEqualTo("ben");
    assertThat(ssh("-l", "u".repeat(257), "-i", ben.toString()).said())
        .contains("Permission denied (publickey)");
    assertThatThrownBy(() -> login("u".repeat(200_000), pair(ben)))
        .isInstanceOf(SshException.class);
    assertThat(server.nobodyCameIn()).isTrue();
  }

  @Test
  void certificate_is_passed_over_for_the_plain_key() throws Exception {
    Path authority = Keys.make(dir.resolve("ca"));
    Path carl = Keys.make(dir.resolve("carl"));
    for (Path key : List.of(ben, carl)) {
      assertThat(
              new ProcessBuilder(
                      "ssh-keygen",
                      "-q",
                      "-s",
                      authority.toString(),
                      "-I",
                      "id",
                      "-n",
                      "u",
                      Keys.pub(key).toString())
                  .inheritIO()
                  .start()
                  .waitFor())
          .isZero();
    }
    Ended ended = ssh("-v", "-l", "u", "-i", ben.toString());
    assertThat(ended.said()).contains("ED25519-CERT");
    assertThat(ended.exit()).isZero();
    assertThat(server.verified().identity().display()).isEqualTo("ben");
    assertThat(ssh("-l", "u", "-i", carl.toString()).exit()).isEqualTo(255);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048"})
  void every_kind_of_key_from_file_and_from_the_agent(String type) throws Exception {
    String[] options = ("-t " + type + " -N").split(" ");
    List<String> all = new ArrayList<>(List.of(options));
    all.add("");
    Path key = Keys.make(dir.resolve("other"), all.toArray(new String[0]));
    server.close();
    serve(Keys.line(key), Keys.line(ben));
    assertThat(ssh("-i", key.toString()).exit()).isZero();
    assertThat(server.verified().identity().display()).isEqualTo("other");

    Path socket = dir.resolve("agent");
    Process agent = new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString()).start();
    try {
      agent.inputReader().readLine();
      ProcessBuilder add = new ProcessBuilder("ssh-add", "-q", key.toString());
      add.environment().put("SSH_AUTH_SOCK", socket.toString());
      assertThat(add.start().waitFor()).isZero();
      assertThat(ssh("-o", "IdentityAgent=" + socket, "-o", "IdentitiesOnly=no").exit()).isZero();
      assertThat(server.verified().identity().display()).isEqualTo("other");
    } finally {
      agent.destroy();
    }
  }

  @Test
  void rsa_with_sha1_is_refused() throws Exception {
    Path key = Keys.make(dir.resolve("rsa"), "-t", "rsa", "-b", "2048", "-N", "");
    server.close();
    serve(Keys.line(key), Keys.line(ben));
    assertThat(ssh("-i", key.toString(), "-o", "PubkeyAcceptedAlgorithms=ssh-rsa").exit())
        .isEqualTo(255);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-C",
        "-c aes256-gcm@openssh.com",
        "-c aes128-ctr",
        "-c chacha20-poly1305@openssh.com",
        "-o RekeyLimit=1K",
        "-c aes256-ctr -m hmac-sha2-512-etm@openssh.com",
        "-o KexAlgorithms=curve25519-sha256@libssh.org"
      })
  void algorithms_on_offer_work(String options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
    arguments.addAll(List.of("-i", ben.toString()));
    assertThat(ssh(arguments.toArray(new String[0])).exit()).isZero();
  }

  @Test
  void openssh_is_steered_to_gcm_with_strict_key_exchange() throws Exception {
    assertThat(ssh("-vv", "-i", ben.toString()).said())
        .contains("kex: server->client cipher: aes128-gcm@openssh.com")
        .contains("kex: client->server cipher: aes128-gcm@openssh.com")
        .contains("kex: algorithm: curve25519-sha256")
        .contains("kex-strict-s-v00@openssh.com")
        .contains("server-sig-algs=<ssh-ed25519,");
  }

  @Test
  void two_of_us_agree_on_ml_kem() throws Exception {
    assertThat(login("me", pair(ben))).isEqualTo("mlkem768x25519-sha256 aes128-gcm@openssh.com");
  }

  private void serve(String... lines) throws Exception {
    Path file = Files.writeString(dir.resolve("keys"), String.join("\n", lines) + "\n");
    KeyRing ring =
        new KeySources(FirstKey.in(dir.resolve("data")), null, List.of(file), List.of(), null)
            .read();
    server =
        new StockServer(
            dir.resolve("data"), new LetIn(() -> ring, () -> Tokens.NONE, Anonymous.NOBODY));
  }

  /** Logs in with MINA's client; returns key exchange and cipher. */
  private String login(String user, KeyPair... pairs) throws IOException {
    SshClient client = SshClient.setUpDefaultClient();
    Algorithms.apply(client);
    client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
    client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
    client.setKeyIdentityProvider(KeyIdentityProvider.wrapKeyPairs(pairs));
    client.start();
    try (ClientSession session =
        client.connect(user, "127.0.0.1", server.port()).verify(LIMIT).getSession()) {
      session.auth().verify(LIMIT);
      return session.getNegotiatedKexParameter(KexProposalOption.ALGORITHMS)
          + " "
          + session.getNegotiatedKexParameter(KexProposalOption.C2SENC);
    } finally {
      client.stop();
    }
  }

  private Ended ssh(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "ssh",
                "-F",
                "none",
                "-p",
                "" + server.port(),
                "-o",
                "BatchMode=yes",
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=" + dir.resolve("known_hosts")));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "127.0.0.1", "true"));
    Path said = Files.createTempFile(dir, "ssh", ".err");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .start();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("ssh does not end: " + Files.readString(said));
    }
    return new Ended(process.exitValue(), Files.readString(said, StandardCharsets.ISO_8859_1));
  }

  private static KeyPair pair(Path file) throws IOException {
    return KeyFiles.read(file, KeyFiles.Passphrase.NONE);
  }
}
