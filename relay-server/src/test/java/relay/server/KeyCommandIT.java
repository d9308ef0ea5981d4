package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A program, or a web service, that knows of keys which no file has. */
class KeyCommandIT {

  @RegisterExtension
  final RelayNode node = RelayNode.with("limits.key-command=5s", "limits.key-command-kept=1s");

  private Path notes() {
    return node.directory().resolve("asked");
  }

  /** A program that notes how it was called, and then runs these lines of sh. */
  private void serve(String arguments, String... lines) throws Exception {
    Path program = node.directory().resolve("keys.sh");
    Files.writeString(
        program,
        "#!/bin/sh\necho \"$# $*\" >> " + notes() + "\n" + String.join("\n", lines) + "\n",
        StandardCharsets.UTF_8);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    node.restartWith("ssh.authorized-keys-command=" + program + arguments);
  }

  private Command carl(String user) {
    return node.start(node.ssh("carl", user).forward("shop:80:127.0.0.1:1").console());
  }

  private void assertDenied(String user) {
    Command ssh = node.start(node.ssh("carl", user).noCommand());
    assertThat(ssh.exitStatus()).as(ssh.toString()).isEqualTo(255);
    assertThat(ssh.err()).endsWith(user + "@127.0.0.1: Permission denied (publickey).");
  }

  private List<String> asked() throws Exception {
    return Files.exists(notes()) ? Files.readAllLines(notes()) : List.of();
  }

  @Test
  void program_isAskedOnceForAKeyThatNoFileHas_andItsLineCounts() throws Exception {
    String key = node.keys().publicKey("carl");
    serve(
        " -u=%u %f %t %k 100%%",
        "echo '" + node.keys().publicKey("other") + "'",
        "echo 'permitlisten=\"shop:80\",no-pty " + key + "'");
    Command ssh =
        node.start(
            node.ssh("carl", "me@home")
                .forward("shop:80:127.0.0.1:1")
                .forward("web:80:127.0.0.1:1")
                .console());
    ssh.awaitOut("HTTP: http://shop");
    ssh.awaitOut("RELAY-NOT-PERMITTED|RELAY-NAME-RESERVED");

    String fingerprint =
        Command.run("ssh-keygen", "-lf", node.keys().of("carl") + ".pub").split(" ", -1)[1];
    String[] words = key.split(" ", -1);
    assertThat(asked().get(0))
        .isEqualTo("5 -u=me@home " + fingerprint + " " + words[0] + " " + words[1] + " 100%");
    node.start(node.ssh("ann").forward("anns:80:127.0.0.1:1").console()).awaitOut("HTTP: ");
    assertThat(asked()).noneMatch(line -> line.contains("relay"));
  }

  @Test
  void keyThatIsAnsweredForNoMore_isCut_butNotByAFailure() throws Exception {
    Path answer = Files.writeString(node.directory().resolve("answer"), "");
    serve("", "cat " + answer + " || exit 1");
    assertDenied("carl");
    Files.writeString(answer, node.keys().publicKey("carl") + "\n");
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> {
          try (Command ssh = Command.start(node.ssh("carl", "carl").to("no-such-word"))) {
            return ssh.exitStatus() != 255;
          }
        });
    Command ssh = carl("carl");
    ssh.awaitOut("HTTP: http://shop");
    assertThat(asked()).allMatch(line -> line.equals("1 carl"));

    Files.move(answer, answer.resolveSibling("away"));
    int before = asked().size();
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> asked().size() >= before + 1);
    assertDenied("carl2");
    assertThat(ssh.isAlive()).isTrue();
    Files.writeString(answer, "");

    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err()).contains("relay: RELAY-KEY-REVOKED");
  }

  @Test
  void noAnswerThatCanBeReliedOn_letsNobodyIn() throws Exception {
    String key = "echo '" + node.keys().publicKey("carl") + "'";
    for (String lines :
        List.of(
            key + "\nsleep 20",
            key + "\nexit 3",
            key + "\nhead -c 70000 /dev/zero | tr '\\0' '#'",
            "echo 'restrict,whatever " + node.keys().publicKey("carl") + "'; " + key)) {
      serve("", lines);
      long start = System.nanoTime();
      assertDenied("carl");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
    }
    serve("", key, "(sleep 20) &"); // which keeps the pipe open
    assertDenied("a b");
    carl("carl").awaitOut("HTTP: http://shop");
    assertThat(asked()).contains("1 carl").doesNotContain("1 a b");
  }

  @Test
  void loginThatWaits_holdsNobodyUp() throws Exception {
    serve("", "sleep 4", "echo '" + node.keys().publicKey("carl") + "'");
    List<Command> many =
        java.util.stream.IntStream.range(0, 6).mapToObj(i -> carl("user" + i)).toList();
    Awaitility.await().until(() -> asked().size() >= 4);
    long start = System.nanoTime();
    Command ann = node.start(node.ssh("ann").forward("anns:80:127.0.0.1:1").console());
    ann.awaitOut("HTTP: ");
    assertThat(many.stream().filter(ssh -> ssh.out().contains("HTTP"))).hasSizeLessThan(6);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> many.stream().anyMatch(ssh -> ssh.out().contains("HTTP: http://shop")));
  }

  @Test
  void webService_isAskedInTheSameWay() throws Exception {
    Queue<String> paths = new ConcurrentLinkedQueue<>();
    String line = node.keys().publicKey("carl") + "\n";
    LocalService web =
        node.service(socket -> {
          String path = Wire.head(socket.getInputStream()).split(" ", 3)[1];
          paths.add(path);
          String status =
              path.contains("carl") ? "200 OK" : path.contains("gone") ? "404 No" : "302 Found";
          String length = path.contains("long") ? "9999" : Integer.toString(line.length());
          Wire.send(
              socket,
              "HTTP/1.1 %s\r\nLocation: /carl\r\nContent-Length: %s\r\n\r\n%s"
                  .formatted(status, length, line));
          assertThat(socket.getInputStream().read()).isNegative(); // until the other side closes
        });
    node.restartWith("ssh.authorized-keys-command=http://127.0.0.1:" + web.port() + "/keys/%u/%f");
    carl("carl+x@home").awaitOut("HTTP: http://shop");
    assertDenied("gone");
    assertDenied("moved");
    assertThat(paths.remove()).startsWith("/keys/carl%2Bx%40home/SHA256%3A");
    assertThat(paths).noneMatch(path -> path.equals("/carl"));
    assertDenied("carl-long"); // the rest does not come
  }
}
