package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizedKeysTest {

  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF9kRR6mUGw54uwzfUNrO6CpDLPFrA7UUBOyypJ5t9RX";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no-pty ",
        "no-pty,no-agent-forwarding,no-X11-forwarding,no-user-rc ",
        "pty,agent-forwarding,X11-forwarding,user-rc\t",
        "NO-PTY,No-User-RC   ",
        "environment=\"A=b c,d\" ",
        "environment=\"A=1\",environment=\"B=2\",no-pty ",
        "no-pty, ",
      })
  void options_without_effect(String options) {
    AuthorizedKeys.Line line = only(options + KEY + " ann@home");
    assertThat(line).isInstanceOf(AuthorizedKeys.Granted.class);
    AuthorizedKeys.Granted granted = (AuthorizedKeys.Granted) line;
    assertThat(granted.grants()).isEqualTo(Grants.ALL);
    assertThat(granted.key().comment()).isEqualTo("ann@home");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "command=\"\" ",
        "command=\"echo hi\" ",
        "COMMAND=\"a, b \\\"c d\\\" \\\\ \" ",
        "no-pty,command=\"ssh-ed25519 AAAA\",no-user-rc ",
      })
  void command_takes_the_console_away(String options) {
    AuthorizedKeys.Line line = only(options + KEY);
    assertThat(line).isInstanceOf(AuthorizedKeys.Granted.class);
    Grants grants = ((AuthorizedKeys.Granted) line).grants();
    assertThat(grants.console()).isFalse();
    assertThat(grants.forwarding()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "permitlisten=\"a.b c:80\"|option 'permitlisten': 'a.b c:80' is not a host and port: expected"
            + " [host:]port, as in \"shop-*:80\", \"*.team.example.org:443\" or \"4000\"",
        "permitopen=\"a:0\"|option 'permitopen': 'a:0' is not a host and port: expected host:port, as"
            + " in \"db.internal:5432\" or \"[fd00::1]:*\"; of a host only * is a pattern",
        "from=\"10.0.0.0/8,ann.example.org\"|option 'from': 'ann.example.org' is not a source: expected"
            + " addresses, CIDRs, or patterns of addresses with * and ?, none of them a host name",
        "from=\"::1\",from=\"::1\"|option 'from' is there twice",
        "expiry-time=\"tomorrow\"|option 'expiry-time': 'tomorrow' is not a time: expected YYYYMMDD,"
            + " YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a Z at its end where it is UTC",
        "restrict=\"x\"|option 'restrict' takes no value",
        "permitlisten|option 'permitlisten' needs a value in quotes",
        "cert-authority=\"a\"|option 'cert-authority' takes no value",
        "cert-authority,principals=\"a b\"|option 'principals': 'a b' is not a list of principals:"
            + " expected names with commas between",
        "principals=\"a\"|option 'principals' goes with cert-authority",
        "tunnel=\"0\"|option 'tunnel' is not supported yet",
        "verify-required|option 'verify-required' is not supported yet",
        "no-touch-required|option 'no-touch-required' is not supported yet",
        "nopty|option 'nopty' is unknown",
        "no-pty-at-all|option 'no-pty-at-all' is unknown",
        "no-pty,,pty|option '' is unknown",
        "=\"x\"|option '' is unknown",
        "no-pty=\"yes\"|option 'no-pty' takes no value",
        "command|option 'command' needs a value in quotes",
        "command=ls|option 'command' needs a value in quotes",
        "command=\"a\"b|option 'command' is followed by something else than a comma",
        "command=\"a\",command=\"b\"|option 'command' is there twice",
      })
  void options_that_keep_a_key_out(String options, String reason) {
    AuthorizedKeys.Line line = only(options + " " + KEY);
    assertThat(line).isInstanceOf(AuthorizedKeys.Refused.class);
    AuthorizedKeys.Refused refused = (AuthorizedKeys.Refused) line;
    assertThat(refused.reason()).isEqualTo(reason);
    assertThat(refused.publicKey()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ssh-ed25519|'ssh-ed25519' is no public key: expected type and key",
        "ssh-ed25519 AAAA|'AAAA' is no ssh-ed25519 key in base64",
        "ssh-dss AAAAB3NzaC1kc3M= old|key type 'ssh-dss' is not accepted",
        "new-type AAAACG5ldy10eXBl|key type 'new-type' is not accepted",
        "no-pty|'no-pty' is no public key: expected type and key",
        "no-pty ssh-rsa|'ssh-rsa' is no public key: expected type and key",
        "rubbish of many words|key type 'of' is not accepted",
        "-----BEGIN OPENSSH PRIVATE KEY-----|key type 'OPENSSH' is not accepted",
      })
  void lines_without_a_key(String line, String reason) {
    assertThat(only(line)).isEqualTo(new AuthorizedKeys.Refused(1, null, reason));
  }

  @Test
  void open_quote_still_tells_whose_line_it_is() {
    AuthorizedKeys.Refused refused = (AuthorizedKeys.Refused) only("command=\"ls " + KEY + " ann");
    assertThat(refused.reason()).isEqualTo("a quote is left open");
    assertThat(refused.publicKey()).isNotNull();
  }

  @Test
  void comments_blank_lines_and_line_ends() {
    List<AuthorizedKeys.Line> lines =
        AuthorizedKeys.parse("# first\r\n\r\n   \n\t" + KEY + "\r\n  # more\n" + KEY + " # x")
            .lines();
    assertThat(lines).extracting(AuthorizedKeys.Line::number).containsExactly(4, 6);
    assertThat(((AuthorizedKeys.Granted) lines.get(0)).key().comment()).isEmpty();
    assertThat(((AuthorizedKeys.Granted) lines.get(1)).key().comment()).isEqualTo("# x");
  }

  private static AuthorizedKeys.Line only(String text) {
    List<AuthorizedKeys.Line> lines = AuthorizedKeys.parse(text + "\n").lines();
    assertThat(lines).hasSize(1);
    return lines.get(0);
  }
}
