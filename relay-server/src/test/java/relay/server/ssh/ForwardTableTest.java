package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.common.ssh.TcpipForward;
import relay.server.ssh.ForwardTable.Wanted;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.NameStore;
import relay.server.tunnel.RefusedException;

class ForwardTableTest {

  @TempDir Path dir;
  private ForwardTable table;

  @BeforeEach
  void open() throws Exception {
    table =
        new ForwardTable(
            new HostnameAllocator(Hostname.of("example.org"), NameStore.open(dir), name -> false));
  }

  @ParameterizedTest
  @CsvSource({
    "'', 80, false", "*, 80, false", "localhost, 80, false", "0.0.0.0, 80, false",
    "'', 443, true", "localhost, 443, true", "LocalHost, 80, false", "localhost., 80, false",
  })
  void host_thatNamesNone_isTheIdentitysOwnName(String host, long port, boolean tls)
      throws Exception {
    assertThat(table.read(new TcpipForward(host, port)))
        .isEqualTo(new Wanted.OwnName(PathPrefix.ALL, tls));
  }

  @ParameterizedTest
  @CsvSource({
    "foo, 80, foo.example.org, false",
    "FOO, 80, foo.example.org, false",
    "foo., 80, foo.example.org, false",
    "foo.example.org, 80, foo.example.org, false",
    "Foo.Example.ORG., 443, foo.example.org, true",
  })
  void host_thatIsAName_isThatName(String host, long port, String name, boolean tls)
      throws Exception {
    assertThat(table.read(new TcpipForward(host, port)))
        .isEqualTo(new Wanted.Name(new Endpoint.Http(Hostname.of(name)), tls));
  }

  @ParameterizedTest
  @CsvSource({
    "foo/api, 80, foo.example.org, /api, false",
    "FOO.example.org/v2/Hooks/, 443, foo.example.org, /v2/Hooks, true",
    "foo/, 80, foo.example.org, '', false",
  })
  void host_withAPath_isThatPathOfTheName(
      String host, long port, String name, String path, boolean tls) throws Exception {
    assertThat(table.read(new TcpipForward(host, port)))
        .isEqualTo(new Wanted.Name(new Endpoint.Http(Hostname.of(name), PathPrefix.of(path)), tls));
  }

  @ParameterizedTest
  @CsvSource({"/api, /api", "localhost/api, /api", "*/api/, /api"})
  void path_withoutAName_isBelowTheIdentitysOwn(String host, String path) throws Exception {
    assertThat(table.read(new TcpipForward(host, 80)))
        .isEqualTo(new Wanted.OwnName(PathPrefix.of(path), false));
  }

  @ParameterizedTest
  @CsvSource({
    "shop.example.com, 80, '', false",
    "SHOP.example.com., 443, '', true",
    "shop.example.com/api, 80, /api, false",
  })
  void hostOfAnotherDomain_isTheUsersOwn(String host, long port, String path, boolean tls)
      throws Exception {
    Hostname name = Hostname.of("shop.example.com");
    assertThat(table.read(new TcpipForward(host, port)))
        .isEqualTo(
            new Wanted.Domain(
                new Endpoint.Http(name, path.isEmpty() ? PathPrefix.ALL : PathPrefix.of(path)),
                tls));
  }

  @ParameterizedTest
  @CsvSource({
    "'', 4000",
    "*, 0",
    "localhost, 65535",
    "127.0.0.1, 22",
    "::1, 4000",
    "0.0.0.0, 1",
    "LOCALHOST, 4000",
  })
  void otherPort_isATcpPort(String host, long port) throws Exception {
    assertThat(table.read(new TcpipForward(host, port))).isEqualTo(new Wanted.Port((int) port));
  }

  @ParameterizedTest
  @CsvSource({
    "foo, 22, foo.example.org",
    "FOO., 5432, foo.example.org",
    "foo.Example.org, 65535, foo.example.org",
    "foo, 8080, foo.example.org",
  })
  void name_onAnotherPort_isAPrivateAlias(String host, int port, String name) throws Exception {
    assertThat(table.read(new TcpipForward(host, port)))
        .isEqualTo(new Wanted.Alias(new Endpoint.Alias(Hostname.of(name), port)));
  }

  @ParameterizedTest
  @CsvSource({
    "'', 65536, port-invalid",
    "foo, 4294967295, port-invalid",
    "127.0.0.1, 80, address-not-allowed",
    "::, 443, address-not-allowed",
    "::1, 80, address-not-allowed",
    "192.168.1.10, 80, address-not-allowed",
    "example.org, 80, name-reserved",
    "www, 80, name-reserved",
    "WWW.example.org, 80, name-reserved",
    "a.b.example.org, 80, name-invalid",
    "xn--bcher-kva, 80, name-invalid",
    "foo_bar, 80, name-invalid",
    "-foo, 80, name-invalid",
    "' ', 80, name-invalid",
    "foo@bar, 80, not-supported-yet",
    "user:pass@foo, 80, not-supported-yet",
    "user:pass@foo/api, 80, not-supported-yet",
    "foo/api, 22, name-invalid",
    "foo//api, 80, name-invalid",
    "foo/../api, 80, name-invalid",
    "foo/a%20b, 80, name-invalid",
    "foo/a b, 80, name-invalid",
    "www/api, 80, name-reserved",
    "foo, 0, port-invalid",
    "www, 22, name-reserved",
    "a.b.example.org, 22, name-invalid",
    "shop.example.com, 22, not-supported-yet",
    "user@foo, 22, not-supported-yet",
  })
  void host_thatIsNotToBeHad_isRefused(String host, long port, String code) {
    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class, () -> table.read(new TcpipForward(host, port)));
    assertThat(refused.refusal().code().id()).isEqualTo("RELAY-" + code.toUpperCase(Locale.ROOT));
  }
}
