package relay.client.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerAddressTest {

  @ParameterizedTest
  @CsvSource({
    "relay.example.org,              me,  relay.example.org, 2222",
    "Relay.Example.org:22,           me,  relay.example.org, 22",
    "you@relay.example.org:2022,     you, relay.example.org, 2022",
    "a@b@127.0.0.1,                  a@b, 127.0.0.1,         2222",
    "[::1]:2022,                     me,  ::1,               2022",
    "[::1],                          me,  ::1,               2222",
    "::1,                            me,  ::1,               2222",
    "you@fe80::1%eth0,               you, fe80::1%eth0,      2222",
  })
  void parse_reads(String text, String user, String host, int port) {
    assertThat(ServerAddress.parse(text, "me")).isEqualTo(new ServerAddress(user, host, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":22", "host:", "host:0", "host:65536", "host:x", "@host", "a b", "ssh://h"})
  void parse_otherText_namesIt(String text) {
    assertThatThrownBy(() -> ServerAddress.parse(text, "me"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("'" + text + "'", "expected host");
  }

  @Test
  void knownHostsName_isAsSshWritesIt() {
    assertThat(new ServerAddress("me", "localhost", 2222).knownHostsName())
        .isEqualTo("[localhost]:2222");
    assertThat(new ServerAddress("me", "localhost", 22).knownHostsName()).isEqualTo("localhost");
  }

  @Test
  void toString_bracketsIpv6() {
    assertThat(new ServerAddress("me", "::1", 22)).hasToString("[::1]:22");
  }
}
