package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Refusal;
import relay.common.ssh.TcpipForward;
import relay.server.ssh.ForwardTable.Wanted;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.TunnelOptions;

/** What must hold for any text that a client sends as a command, or as the host of a forward. */
final class AnyWish {

  private static final ForwardTable TABLE = ForwardProperties.table();

  private AnyWish() {}

  /**
   * Checks it.
   *
   * @param input two octets of a port, then the text
   */
  static void check(byte[] input) {
    if (input.length < 2) {
      return;
    }
    String text = new String(input, 2, input.length - 2, StandardCharsets.UTF_8);
    checkOptions(text);
    checkCommand(text);
    checkForward(text, (input[0] & 0xff) << 8 | input[1] & 0xff);
    checkForward(text, 80);
  }

  private static void checkOptions(String text) {
    try {
      TunnelOptions once = SessionOptions.read(text, TunnelOptions.NONE, true);
      if (once.deadline() == null) { // which counts from now
        assertThat(SessionOptions.read(text, once, true)).isEqualTo(once);
        TunnelOptions oneByOne = TunnelOptions.NONE;
        for (String word : text.strip().split(" +", -1)) {
          oneByOne = SessionOptions.read(word, oneByOne, true);
        }
        assertThat(oneByOne).isEqualTo(once);
      }
    } catch (RefusedException e) {
      assertReadable(e.refusal());
    }
  }

  private static void checkCommand(String text) {
    try {
      ConsoleCommand.Typed typed = ConsoleCommand.read(text);
      if (typed != null) {
        String again =
            String.join(
                " ",
                typed.command().name(),
                String.join(" ", typed.words()),
                typed.follow() ? "--follow" : "",
                typed.json() ? ConsoleCommand.JSON : "");
        assertThat(ConsoleCommand.read(again)).isEqualTo(typed);
      }
    } catch (RefusedException e) {
      assertReadable(e.refusal());
    }
  }

  /** What was granted, asked for by its canonical name, is the same. */
  private static void checkForward(String host, int port) {
    try {
      Wanted wanted = TABLE.read(new TcpipForward(host, port));
      if (wanted instanceof Wanted.Name name) {
        assertThat(again(name.endpoint(), port)).isEqualTo(wanted);
      } else if (wanted instanceof Wanted.Domain domain) {
        assertThat(again(domain.endpoint(), port)).isEqualTo(wanted);
      } else if (wanted instanceof Wanted.Alias alias) {
        String canonical = alias.endpoint().name().value();
        assertThat(TABLE.read(new TcpipForward(canonical, port))).isEqualTo(wanted);
      }
    } catch (RefusedException e) {
      assertReadable(e.refusal());
    }
  }

  private static Wanted again(Endpoint.Http endpoint, int port) throws RefusedException {
    String host = endpoint.host().value() + endpoint.path().value();
    return TABLE.read(new TcpipForward(host, port));
  }

  private static void assertReadable(Refusal refusal) {
    assertThat(refusal.line().codePoints())
        .hasSizeLessThan(3_000)
        .noneMatch(Character::isISOControl);
  }

  static Stream<byte[]> seeds() {
    return Stream.of(
            "host-header=rewrite proxy-protocol=2 strip-path=true",
            "allow=SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU,any deadline=15m",
            "upstream-timeout=5m force-https=false auto-close=true tcp-alias=false",
            "rm foo --json",
            "Foo.example.org./api",
            "shop.test",
            "[::1]",
            "localhost")
        .map(text -> ("\0\26" + text).getBytes(StandardCharsets.UTF_8));
  }
}
