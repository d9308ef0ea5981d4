package relay.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MinaSessionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ssh-rsa             | rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp256 | ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
        "ssh-dss             | ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256",
      })
  void knownFirst_keepsTheOrderOtherwise(String known, String expected) {
    assertThat(
            MinaSession.knownFirst(
                "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256", Set.of(known)))
        .isEqualTo(expected);
  }
}
