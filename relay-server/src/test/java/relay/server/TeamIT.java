package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The README's set-up for a team, line by line, on ports and in directories of the test. */
class TeamIT {

  @RegisterExtension final RelayNode node = RelayNode.with();

  private int sshPort;

  @Test
  void annOwnsShops_andBenOwnsBilling() throws Exception {
    sshPort = LocalService.freePort();
    int httpPort = LocalService.freePort();
    Path directory = Files.createDirectories(node.directory().resolve("team"));
    for (String person : List.of("ann", "ben")) {
      Files.writeString(directory.resolve(person + ".pub"), node.keys().publicKey(person) + "\n");
    }
    List<String> lines = Readme.block("sh team").replace("\\\n", "").lines().toList();
    assertThat(lines).hasSizeLessThan(10);
    List<String> ssh = lines.stream().filter(line -> line.startsWith("ssh ")).toList();
    String server =
        String.join("\n", lines.subList(0, lines.size() - ssh.size()))
            .replace("/etc/relay", directory.resolve("etc").toString())
            .replace("*:2222", "127.0.0.1:" + sshPort)
            .replace("*:80'", "127.0.0.1:" + httpPort + "' --data-dir " + directory)
            .replace("deploy/bin", Path.of("..", "deploy", "bin").toAbsolutePath().toString());
    Command relay =
        node.closing(
            Command.start(
                List.of(
                    "env",
                    "JAVA_HOME=" + System.getProperty("java.home"),
                    "JAVA_OPTS=-XX:TieredStopAtLevel=1",
                    "bash",
                    "-ec",
                    server),
                directory));
    relay.awaitOut(" ready |\"ready\"");
    String[] hostKey = Files.readString(directory.resolve("host-key.pub")).split(" ", -1);
    Files.writeString(
        node.knownHosts(), "[127.0.0.1]:" + sshPort + " " + hostKey[0] + " " + hostKey[1]);

    String nginx = "localhost:" + node.nginx("").port();
    assertThat(ssh).hasSize(2);
    for (String name : List.of("shop-web", "billing")) {
      String person = name.equals("billing") ? "ben" : "ann";
      String line = ssh.stream().filter(one -> one.contains(name)).findFirst().orElseThrow();
      String words = line.replaceFirst("#.*", "").replaceFirst("localhost:\\d+", nginx);
      as(person, words).awaitOut("HTTP: http://" + name + ".example.org");
      assertThat(Command.run("curl", "-sS", "-H", "Host: " + name + ".example.org", url(httpPort)))
          .startsWith("hello from nginx");
      String other = person.equals("ann") ? "ben" : "ann";
      as(other, words)
          .awaitOut(
              "RELAY-NOT-PERMITTED: "
                  + name
                  + ".example.org is not permitted by your key, which may listen on "
                  + (other.equals("ann") ? "shop-\\*:80" : "billing:80"));
    }
  }

  private static String url(int port) {
    return "http://127.0.0.1:" + port + "/hello";
  }

  private Command as(String person, String line) {
    String ssh =
        String.join(" ", new Ssh(node.knownHosts(), node.keys().of(person), sshPort, "me").to());
    return node.start(
        List.of(
            "bash",
            "-ec",
            "exec "
                + line.replace("ssh -p 2222", ssh.substring(0, ssh.lastIndexOf(' ')))
                    .replace("example.org", "me@127.0.0.1")));
  }
}
