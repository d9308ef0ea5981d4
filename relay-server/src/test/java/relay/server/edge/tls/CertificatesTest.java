package relay.server.edge.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.handler.ssl.SslContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;

class CertificatesTest {

  private final Logger logger =
      (Logger) LoggerFactory.getLogger(Certificates.class.getPackageName());
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @TempDir Path dir;

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(log);
  }

  private List<String> logged() {
    return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private static Certificates read(Path... pairs) throws CertificateFileException {
    return Certificates.read(files(".pem", pairs), files(".key", pairs));
  }

  private static List<Path> files(String ending, Path... pairs) {
    return Arrays.stream(pairs).map(pair -> Path.of(pair + ending)).toList();
  }

  private Path pair(String file, String... names) throws Exception {
    Path pair = TestCertificate.of("EC", names).write(dir, file);
    Files.setPosixFilePermissions(
        Path.of(pair + ".key"), PosixFilePermissions.fromString("rw-r-----"));
    return pair;
  }

  private static SslContext pick(Certificates certificates, String name) {
    return certificates.pick(Hostname.of(name));
  }

  @Test
  void pick_exactThenWildcardThenFirst() throws Exception {
    Certificates all =
        read(
            pair("first"),
            pair("any", "*.a.org", "B.org.", "bad_name.org"),
            pair("one", "x.a.org"),
            pair("late", "x.a.org", "*.a.org"));
    SslContext first = all.pick(null);
    SslContext any = pick(all, "y.a.org");
    SslContext one = pick(all, "x.a.org");
    assertThat(List.of(first, any, one)).doesNotHaveDuplicates();
    assertThat(pick(all, "b.org")).isSameAs(any);
    assertThat(pick(all, "a.org")).isSameAs(first);
    assertThat(pick(all, "z.y.a.org")).isSameAs(first);
    assertThat(pick(all, "org")).isSameAs(first);
    assertThat(logged()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC"})
  void key_inEitherForm_isRead(String algorithm) throws Exception {
    TestCertificate made = TestCertificate.of(algorithm, "a.org");
    Path pair = made.write(dir, "a");
    assertThat(read(pair).pick(null)).isNotNull();
    assertThat(made.olderKey()).contains("BEGIN " + algorithm + " PRIVATE KEY");
    Files.writeString(Path.of(pair + ".key"), "a comment\n" + made.olderKey());
    assertThat(read(pair).pick(null)).isNotNull();
  }

  @Test
  void change_isServedOnceItHasSettled() throws Exception {
    Path pair = pair("a", "a.org");
    Certificates all = read(pair);
    SslContext old = pick(all, "a.org");
    pair("a", "b.org");
    all.refresh();
    assertThat(pick(all, "a.org")).isSameAs(old);
    all.refresh();
    assertThat(pick(all, "b.org")).isNotSameAs(old).isSameAs(all.pick(null));
    all.refresh();
    assertThat(logged())
        .singleElement()
        .asString()
        .startsWith("https.certificate: " + pair + ".pem was read anew, valid until 20");
  }

  @Test
  void change_thatCannotBeUsed_keepsTheOldAndSaysSoOnce() throws Exception {
    Path pair = pair("a", "a.org");
    Path other = pair("b", "b.org");
    Certificates all = read(pair, other);
    SslContext old = pick(all, "a.org");
    Files.writeString(Path.of(pair + ".pem"), "half of it");
    SslContext oldOther = pick(all, "b.org");
    pair("b", "b.org");
    for (int i = 0; i < 4; i++) {
      all.refresh();
    }
    assertThat(pick(all, "a.org")).isSameAs(old);
    assertThat(pick(all, "b.org")).isNotSameAs(oldOther);
    assertThat(logged())
        .hasSize(2)
        .contains(
            "https.certificate: '"
                + pair
                + ".pem': holds no certificate that can be read, expected one in PEM; the one read before stays in"
                + " use");
    pair("a", "a.org");
    all.refresh();
    all.refresh();
    assertThat(pick(all, "a.org")).isNotSameAs(old);
  }

  @Test
  void keyOpenToOthers_isWarnedOf() throws Exception {
    Path pair = pair("a", "a.org");
    Files.setPosixFilePermissions(
        Path.of(pair + ".key"), PosixFilePermissions.fromString("rw-r--r--"));
    read(pair);
    assertThat(logged())
        .containsExactly(
            "https.key: "
                + pair
                + ".key can be read by others, expected its owner only (mode"
                + " 0600)");
  }

  @Test
  void mistakes_areNamedInOneLine() throws Exception {
    Path a = pair("a", "a.org");
    Path b = pair("b", "b.org");
    Path rsa = TestCertificate.of("RSA", "r.org").write(dir, "r");
    Path edwards = TestCertificate.of("Ed25519", "e.org").write(dir, "e");
    Path text = Files.writeString(dir.resolve("text"), "nothing\n");
    Path broken =
        Files.writeString(
            dir.resolve("broken"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    Path brokenKey =
        Files.writeString(
            dir.resolve("bkey"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    Path encrypted =
        Files.writeString(
            dir.resolve("encrypted"),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMCQwHAYJKoZIhvcNAQUNMA8wDQYJKoZIhvcNAQUMMAAEBAAAAAA=\n"
                + "-----END ENCRYPTED PRIVATE KEY-----\n");
    Path aPem = Path.of(a + ".pem");
    Path aKey = Path.of(a + ".key");

    assertMistake(
        List.of(),
        List.of(),
        "https.certificate: no file, expected a PEM file with a certificate for https.listen");
    assertMistake(
        List.of(aPem), List.of(), "https.key: 0 files, expected 1, one for each https.certificate");
    assertMistake(
        List.of(aPem, aPem),
        List.of(aKey),
        "https.key: 1 file, expected 2, one for each https.certificate");
    Path none = dir.resolve("none");
    assertMistake(none, aKey, none, "cannot be read: there is no such file, expected a PEM file");
    assertMistake(aPem, dir, dir, "cannot be read: Is a directory, expected a PEM file");
    String noCertificate = "holds no certificate that can be read, expected one in PEM";
    assertMistake(text, aKey, text, noCertificate);
    assertMistake(broken, aKey, broken, noCertificate);
    Path ePem = Path.of(edwards + ".pem");
    assertMistake(
        ePem, Path.of(edwards + ".key"), ePem, "is for a key of EdDSA, expected RSA or EC");
    String inPem = "expected a private key in PEM: PKCS#8, or RSA or EC as OpenSSL writes them";
    assertMistake(aPem, text, text, "holds none, " + inPem);
    assertMistake(aPem, brokenKey, brokenKey, "cannot be read, " + inPem);
    assertMistake(aPem, encrypted, encrypted, "is encrypted, expected a key without a passphrase");
    for (Path other : List.of(Path.of(b + ".key"), Path.of(rsa + ".key"))) {
      assertMistake(
          aPem,
          other,
          other,
          "is not the key of " + aPem + ", expected the files in the same order");
    }
  }

  /**
   * @param file which of the two is named
   */
  private static void assertMistake(Path certificate, Path key, Path file, String message) {
    String name = file.equals(certificate) ? "https.certificate" : "https.key";
    assertMistake(List.of(certificate), List.of(key), name + ": '" + file + "': " + message);
  }

  private static void assertMistake(List<Path> certificates, List<Path> keys, String message) {
    assertThatThrownBy(() -> Certificates.read(certificates, keys))
        .isInstanceOf(CertificateFileException.class)
        .hasMessage(message);
  }
}
