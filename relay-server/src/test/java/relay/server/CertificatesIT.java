package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which certificate a visitor is shown, and what of files that cannot be used. */
class CertificatesIT {

  @RegisterExtension
  final RelayNode node = RelayNode.with("--https-listen=localhost:0", "--domain=example.org");

  private String shown(String serverName) {
    try {
      TlsVisitor visitor = new TlsVisitor(node.visit(node.httpsPort()), serverName, "TLSv1.3");
      String name = visitor.shownName();
      visitor.tls.close();
      return name;
    } catch (IOException e) {
      throw new AssertionError(serverName, e);
    }
  }

  @Test
  void serverName_picksTheCertificate() throws Exception {
    node.serveCertificates(
        node.certs().make("one", "one.example.org"),
        node.certs().make("any", "*.example.org"),
        node.certs().make("two", "two.example.org", "x.two.example.org"));
    assertThat(shown("one.example.org")).isEqualTo("one.example.org");
    assertThat(shown("TWO.example.org")).isEqualTo("two.example.org");
    assertThat(shown("x.two.example.org")).isEqualTo("two.example.org");
    assertThat(shown("three.example.org")).isEqualTo("*.example.org");
    assertThat(shown("a.three.example.org")).isEqualTo("one.example.org");
    assertThat(shown("example.org")).isEqualTo("one.example.org");
    assertThat(shown("")).isEqualTo("one.example.org");
  }

  @Test
  void changedFiles_areServedToNewConnections_andOldOnesGoOn() throws Exception {
    LocalService service =
        node.service(socket -> {
          while (true) {
            Wire.head(socket.getInputStream());
            Wire.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
    Certs.Pair pair = node.certs().make("old", "old.example.org");
    node.serveCertificates(pair);
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + service.port()).console())
        .awaitOut("HTTP: ");
    TlsVisitor old = new TlsVisitor(node.visit(node.httpsPort()), "foo.example.org", "TLSv1.3");
    assertThat(old.shownName()).isEqualTo("old.example.org");

    Certs.Pair other = node.certs().make("new", "new.example.org");
    Files.copy(other.certificate(), pair.certificate(), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(other.key(), pair.key(), StandardCopyOption.REPLACE_EXISTING);
    Awaitility.await().until(() -> shown("foo.example.org").equals("new.example.org"));
    for (int i = 0; i < 3; i++) {
      old.say("GET / HTTP/1.1\r\nHost: foo.example.org\r\n\r\n");
      assertThat(Wire.answer(old.in()).body()).isEqualTo("ok");
    }
  }

  @Test
  void startError_isOneLine() throws Exception {
    Certs.Pair one = node.certs().make("one", "one.example.org");
    Certs.Pair two = node.certs().make("two", "two.example.org");
    assertThat(mistake())
        .isEqualTo(
            "https.certificate: no file, expected a PEM file with a certificate for https.listen");
    assertThat(mistake("--https-certificate=" + one.certificate(), "--https-key=" + two.key()))
        .isEqualTo(
            "https.key: '%s': is not the key of %s, expected the files in the same order"
                .formatted(two.key(), one.certificate()));
  }

  /** The line of a server that does not start. */
  private String mistake(String... more) throws IOException {
    List<String> flags = new ArrayList<>(List.of("--https-listen=localhost:0"));
    flags.addAll(List.of(more));
    Path directory = Files.createTempDirectory(node.directory(), "server");
    try (ServerProcess server = new ServerProcess(directory, flags.toArray(String[]::new))) {
      assertThat(server.process().exitStatus()).isEqualTo(2);
      assertThat(server.process().out()).isEmpty();
      String line = server.process().err();
      assertThat(line).startsWith("relay-server: ").doesNotContain("\n");
      return line.substring("relay-server: ".length());
    }
  }
}
