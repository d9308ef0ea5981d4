package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicKeyLineTest {

  private static final String BASE64 =
      "AAAAC3NzaC1lZDI1NTE5AAAAIF9kRR6mUGw54uwzfUNrO6CpDLPFrA7UUBOyypJ5t9RX";

  @Test
  void parse_gives_type_key_and_comment() throws Exception {
    PublicKeyLine line = PublicKeyLine.parse("  ssh-ed25519 \t" + BASE64 + "  ann at  home \r");
    assertThat(line.type()).isEqualTo("ssh-ed25519");
    assertThat(line.comment()).isEqualTo("ann at  home");
    assertThat(PublicKeyLine.format(line.key(), "")).isEqualTo("ssh-ed25519 " + BASE64);
    assertThat(line.fingerprint()).startsWith("SHA256:").hasSize(50);
    assertThat(PublicKeyLine.parse("ssh-ed25519 " + BASE64).comment()).isEmpty();
  }

  @Test
  void parse_security_key() throws Exception {
    var blob = new ByteArrayBuffer();
    blob.putString("sk-ssh-ed25519@openssh.com");
    blob.putBytes(Base64.getDecoder().decode(BASE64), 19, 32);
    blob.putString("ssh:");
    String line =
        "sk-ssh-ed25519@openssh.com " + Base64.getEncoder().encodeToString(blob.getCompactData());
    assertThat(PublicKeyLine.format(PublicKeyLine.parse(line).key(), "")).isEqualTo(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ssh-ed25519",
        "ssh-ed25519 ???",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA//////////8=",
        "ssh-rsa " + BASE64,
        "ssh-dss AAAAB3NzaC1kc3MAAACBAP",
        "ssh-ed25519-cert-v01@openssh.com AAAA",
        "ssh-ed25519 " + BASE64 + "AAAA"
      })
  void parse_refuses(String line) {
    assertThatThrownBy(() -> PublicKeyLine.parse(line)).isInstanceOf(InvalidPublicKey.class);
  }

  @Test
  void looksLikeKey_by_its_own_name() {
    assertThat(PublicKeyLine.looksLikeKey("ssh-ed25519 " + BASE64)).isTrue();
    assertThat(PublicKeyLine.looksLikeKey("no-pty ssh-ed25519 " + BASE64)).isFalse();
    assertThat(PublicKeyLine.looksLikeKey("ssh-new AAAAB3NzaC1uZXc=")).isTrue();
  }
}
