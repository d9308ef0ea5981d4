package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who may listen on what: each row a key, each forward asked for by the real ssh. */
class PermissionMatrixIT {

  /**
   * Options of a key, and what it asks for: {@code +} is granted, {@code -} is refused by the key,
   * {@code !} by the server, {@code x} by either. {@code P} and {@code Q} are free TCP ports, one
   * pair a row.
   */
  private static final String MATRIX =
      """
                                                | +localhost:80 +shop-a:80 +P +0 !22 !www:80
      no-pty,command="x"                        | +localhost:80 +shop-aa:80 +*:P +0
      restrict                                  | -localhost:80 -shop-a:80 -P -0 -22
      no-port-forwarding                        | -shop-b:80 -shop-b/api:80 -P
      restrict,port-forwarding                  | +shop-c:80 +shop-c/api:80 +P +0
      port-forwarding,restrict                  | -shop-d:80 -P
      restrict,permitlisten="shop-*:80"         | -shop-e:80
      permitlisten="shop-*:80"                  | +shop-f:80 -blue:80 -localhost:80 -*:80 -P -0 -22
      permitlisten="shop-*:80"                  | +SHOP-g:80 xshop-x.evil.com:80 -myshop:80 xshop.x:80
      permitlisten="shop-*:80"                  | +shop-h.example.org:443 -blue.example.org:443
      permitlisten="shop-*:80"                  | +shop-i.EXAMPLE.org.:80 xshop-i.example.org.evil:80
      permitlisten="shop-*:80"                  | +shop-j/api:80 +SHOP-j/web:443 -blue/shop-j:80 -*/shop-j:80
      permitlisten="SHOP-*:443"                 | +shop-k:80 +shop-l:443
      permitlisten="shop-*:8080"                | -shop-m:80 -P
      permitlisten="shop-?:*"                   | +shop-n:80 -shop-nn:80
      permitlisten="shop-*:80",permitlisten="Q" | +shop-o:443 +Q -P -blue:80
      permitlisten="*.example.org:443"          | +shop-p:80 +localhost:80
      permitlisten="shop-q.example.org:80"      | +shop-q:80 -shop-r:80 xshop-q.example.com:80
      permitlisten="80"                         | +shop-s:80 +localhost:80 -P !www:80
      permitlisten="localhost:80"               | +localhost:80 +localhost:443 -shop-t:80 -P
      permitlisten="localhost:443"              | +*:80 -shop-t:443
      permitlisten="*:*"                        | +shop-u:80 +localhost:80 +*:P +0
      permitlisten="P"                          | +localhost:P -Q -shop-v:80 -0
      permitlisten="P"                          | +*:P
      permitlisten="localhost:P"                | +P -*:Q -0
      permitlisten="localhost:P"                | -*:P -127.0.0.1:P +LOCALHOST:P
      permitlisten="localhost:*"                | +P +0 -*:Q +localhost:80
      permitlisten="127.0.0.?:P"                | +127.0.0.1:P -localhost:P
      permitlisten="[::1]:P"                    | +[::1]:P -127.0.0.1:P
      permitlisten="22"                         | !22 -23
      from="127.0.0.1"                          | +shop-w:80
      from="127.0.0.0/8,!127.0.0.2"             | +shop-x:80
      from="127.0.?.*"                          | +shop-y:80
      expiry-time="21060101Z"                   | +shop-z:80
      from="10.0.0.0/8"                         | denied
      from="!127.0.0.1,*"                       | denied
      from="*,!127.0.0.0/8"                     | denied
      expiry-time="20200101"                    | denied
      """;

  @RegisterExtension final RelayNode node = RelayNode.with("--domain=example.org");

  private record Row(int number, String options, List<String> asked) {
    String person() {
      return "row" + number;
    }
  }

  private static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (String line : MATRIX.lines().toList()) {
      String p = Integer.toString(LocalService.freePort());
      String q = Integer.toString(LocalService.freePort());
      UnaryOperator<String> ports = text -> text.replaceAll("\\bP\\b", p).replaceAll("\\bQ\\b", q);
      String[] columns = line.split(" \\| ", -1);
      rows.add(
          new Row(
              rows.size(),
              ports.apply(columns[0].strip()),
              List.of(ports.apply(columns[1].strip()).split(" +", -1))));
    }
    return rows;
  }

  @Test
  void forwards_areWhatTheKeyAndTheServerPermit() throws Exception {
    List<Row> rows = rows();
    node.authorize(
        rows.stream()
            .map(row -> (row.options() + " " + node.keys().publicKey(row.person())).strip())
            .toArray(String[]::new));
    StringBuilder expected = new StringBuilder();
    StringBuilder actual = new StringBuilder();
    for (Row row : rows) {
      String line = row.number() + ": " + row.options() + " | ";
      expected.append(line).append(String.join(" ", row.asked())).append("\n");
      actual.append(line).append(verdicts(row)).append("\n");
    }
    assertThat(actual).hasToString(expected.toString());
  }

  private String verdicts(Row row) {
    if (row.asked().equals(List.of("denied"))) {
      Command ssh = node.start(node.ssh(row.person()).noCommand());
      ssh.exitStatus();
      return ssh.err().endsWith("Permission denied (publickey).") ? "denied" : ssh.toString();
    }
    Ssh words = node.ssh(row.person()).with("-v");
    row.asked().forEach(asked -> words.forward(asked.substring(1) + ":127.0.0.1:1"));
    List<String> answers = new ArrayList<>();
    try (Command ssh = Command.start(words.console())) {
      row.asked().forEach(asked -> answers.add(answer(ssh, asked.substring(1))));
      List<String> codes = codes(ssh, Collections.frequency(answers, "failure"));
      List<String> verdicts = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        String asked = row.asked().get(i);
        String who = "+";
        if (answers.get(i).equals("failure")) {
          who = codes.remove(0).equals("NOT-PERMITTED") ? "-" : "!";
          who = asked.startsWith("x") ? "x" : who;
        }
        verdicts.add(who + asked.substring(1));
      }
      return String.join(" ", verdicts);
    }
  }

  /** What ssh prints of the answer under {@code -v}. */
  private static String answer(Command ssh, String asked) {
    String spec = asked.replace("[", "").replace("]", "").replaceFirst("^(localhost|\\*):", "");
    return ssh.awaitErr(
        "remote forward (success|failure) for: listen (?:localhost:|\\*:)?"
            + Pattern.quote(spec)
            + ", ");
  }

  /** The relay's own words on the console, in the order of the forwards that were refused. */
  private static List<String> codes(Command ssh, int count) {
    Pattern code = Pattern.compile("^relay: RELAY-([A-Z-]+): ", Pattern.MULTILINE);
    ssh.awaitOut("(?s)" + "^relay: RELAY-.*".repeat(count));
    return new ArrayList<>(code.matcher(ssh.out()).results().map(found -> found.group(1)).toList());
  }
}
