package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.OptionalFeature;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.server.SshServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlgorithmsTest {

  @Test
  void server_offers_only_what_ssh_audit_passes() {
    SshServer server = new SshServer();
    Algorithms.apply(server);
    assertThat(NamedResource.getNameList(server.getKeyExchangeFactories()))
        .containsExactly(
            "mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org");
    assertThat(server.getCipherFactoriesNames())
        .containsExactly(
            "aes128-gcm@openssh.com",
            "aes256-gcm@openssh.com",
            "chacha20-poly1305@openssh.com",
            "aes128-ctr",
            "aes192-ctr",
            "aes256-ctr");
    assertThat(server.getMacFactoriesNames())
        .containsExactly("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com");
    assertThat(server.getCompressionFactoriesNames()).containsExactly("none", "zlib@openssh.com");
    assertThat(server.getSignatureFactoriesNames()).contains("rsa-sha2-512", "ssh-ed25519");
    assertThat(server.getSignatureFactoriesNames()).doesNotContain("ssh-rsa");
  }

  @Test
  void all_is_supported() {
    SshClient client = new SshClient();
    Algorithms.apply(client);
    for (List<? extends Object> factories :
        List.of(
            client.getCipherFactories(),
            client.getMacFactories(),
            client.getSignatureFactories(),
            client.getCompressionFactories())) {
      assertThat(factories)
          .allSatisfy(factory -> assertThat(((OptionalFeature) factory).isSupported()).isTrue());
    }
  }

  /** In a process of its own: what is registered stays so for the life of one. */
  @Test
  void bouncy_castle_is_not_loaded_as_a_whole() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Registered.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = process.getInputStream()) {
      assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8))
          .contains("RelayCurves")
          .contains("whole=false");
    }
    assertThat(process.waitFor()).isZero();
  }

  /** Prints the providers that MINA uses once our algorithms are applied. */
  static final class Registered {
    private Registered() {}

    public static void main(String[] args) {
      Algorithms.apply(new SshClient());
      System.out.print(
          SecurityUtils.getRegisteredProviders()
              + " whole="
              + SecurityUtils.isBouncyCastleRegistered());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6, true",
    "SSH-2.0-OpenSSH_10.0, true",
    "SSH-2.0-OpenSSH_6.2, true",
    "SSH-2.0-OpenSSH_6.1, false",
    "SSH-2.0-OpenSSH_5.9, false",
    "SSH-2.0-OpenSSH_for_Windows_9.5, true",
    "SSH-2.0-OpenSSH_99999999999.1, false",
    "SSH-2.0-PuTTY_Release_0.78, false",
    "SSH-2.0-dropbear_2022.83, false",
  })
  void client_is_sure_to_have_gcm(String version, boolean expected) {
    assertThat(CipherChoice.isGcmClient(version)).isEqualTo(expected);
  }

  @Test
  void random_fills_any_length_at_any_place() {
    byte[] bytes = new byte[10_000];
    PacketRandom.SHARED.fill(bytes, 1, 9_998);
    assertThat(bytes[0]).isZero();
    assertThat(bytes[9_999]).isZero();
    Map<Byte, Integer> counts = new HashMap<>();
    for (byte b : bytes) {
      counts.merge(b, 1, Integer::sum);
    }
    assertThat(counts)
        .hasSize(256)
        .allSatisfy((value, count) -> assertThat(count).isBetween(10, 90));
  }
}
