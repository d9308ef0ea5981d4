package relay.common.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.LocalName;

class HostMappingTest {

  private static final InetSocketAddress PEER = new InetSocketAddress("192.0.2.1", 99);

  private static HostMapping mapping(LocalName local, String scheme, String publicHost) {
    Forwarded visit = Forwarded.of(Heads.of(publicHost), PEER, scheme, List.of());
    return requireNonNull(HostMapping.of(local, false, visit));
  }

  private static LocalName local(String text) {
    return text.equals("rewrite") ? LocalName.LOCALHOST : LocalName.of(text);
  }

  @ParameterizedTest
  @CsvSource({
    "rewrite, http://foo.example.org/a?b, http://localhost/a?b",
    "localhost:3000, http://foo.example.org/a, http://localhost:3000/a",
    "localhost:3000, HTTP://FOO.example.org:80, http://localhost:3000",
    "localhost:3000, https://foo.example.org/, https://foo.example.org/",
    "localhost:3000, http://foo.example.org:81/, http://foo.example.org:81/",
    "localhost:3000, http://bar.example.org/, http://bar.example.org/",
    "localhost:3000, http://foo.example.org.evil.test/, http://foo.example.org.evil.test/",
    "localhost:3000, http://x@foo.example.org/, http://x@foo.example.org/",
    "localhost:3000, null, null",
  })
  void request_originAndReferer_becomeTheServicesOwn(String name, String from, String to) {
    HttpHeaders headers =
        new DefaultHttpHeaders()
            .add("Host", "foo.example.org")
            .add("Origin", from)
            .add("Referer", from);
    mapping(local(name), "http", "foo.example.org").request(headers);
    assertThat(headers.get("Host")).isEqualTo(local(name).text());
    assertThat(headers.get("Origin")).isEqualTo(to);
    assertThat(headers.get("Referer")).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({
    "rewrite, localhost, http, 80",
    "localhost:3000, localhost:3000, http, 3000",
    "127.0.0.1:3000, 127.0.0.1:3000, http, 3000",
    "app.test, foo.example.org:8443, https, 8443",
  })
  void request_forwardedHeaders_areThePublicOnesWhereTheServiceIsNoneOfTheLoopback(
      String name, String host, String proto, String port) {
    HttpHeaders headers = new DefaultHttpHeaders();
    mapping(local(name), "https", "foo.example.org:8443").request(headers);
    assertThat(headers.get("X-Forwarded-Host")).isEqualTo(host);
    assertThat(headers.get("X-Forwarded-Proto")).isEqualTo(proto);
    assertThat(headers.get("X-Forwarded-Port")).isEqualTo(port);
    assertThat(headers.get("X-Forwarded-For")).isEqualTo("192.0.2.1");
  }

  @ParameterizedTest
  @CsvSource({
    "rewrite, http://localhost/, https://foo.example.org:8443/",
    "rewrite, http://localhost:5173/a?b#c, https://foo.example.org:8443/a?b#c",
    "rewrite, https://127.0.0.1:1/, https://foo.example.org:8443/",
    "rewrite, http://[::1]:5173/, https://foo.example.org:8443/",
    "rewrite, HTTP://LOCALHOST:5173, https://foo.example.org:8443",
    "rewrite, //localhost:5173/x, //foo.example.org:8443/x",
    "rewrite, /path, /path",
    "rewrite, path?u=http://localhost/, path?u=http://localhost/",
    "rewrite, http://example.net/, http://example.net/",
    "rewrite, http://localhost.example.net/, http://localhost.example.net/",
    "rewrite, http://localhost:x/, http://localhost:x/",
    "rewrite, http://u@localhost/, http://u@localhost/",
    "localhost:3000, http://localhost:3000/, https://foo.example.org:8443/",
    "localhost:3000, http://127.0.0.1:3000/, https://foo.example.org:8443/",
    "localhost:3000, http://localhost:3001/, http://localhost:3001/",
    "localhost:3000, http://localhost/, http://localhost/",
    "app.test, http://app.test/x, https://foo.example.org:8443/x",
    "app.test, http://app.test:80/x, https://foo.example.org:8443/x",
    "app.test, https://app.test:443/x, https://foo.example.org:8443/x",
    "app.test, http://app.test:81/x, http://app.test:81/x",
    "app.test:81, http://app.test:81/x, https://foo.example.org:8443/x",
    "app.test, http://localhost/x, http://localhost/x",
  })
  void answer_urlsOfTheService_becomePublic(String name, String from, String to) {
    HttpHeaders headers =
        new DefaultHttpHeaders()
            .add("Location", from)
            .add("Content-Location", from)
            .add("Access-Control-Allow-Origin", from)
            .add("Refresh", "5; URL=" + from)
            .add("Link", "<" + from + ">");
    mapping(local(name), "https", "foo.example.org:8443").answer(headers);
    assertThat(headers.get("Location")).isEqualTo(to);
    assertThat(headers.get("Content-Location")).isEqualTo(to);
    assertThat(headers.get("Access-Control-Allow-Origin")).isEqualTo(to);
    assertThat(headers.get("Refresh")).isEqualTo("5; URL=" + to);
    assertThat(headers.get("Link")).as("not asked for").isEqualTo("<" + from + ">");
  }

  @Test
  void answer_refreshInQuotesOrWithoutUrl() {
    HttpHeaders headers = new DefaultHttpHeaders().add("Refresh", "0;url='http://localhost/a'");
    mapping(LocalName.LOCALHOST, "http", "foo.test").answer(headers);
    assertThat(headers.get("Refresh")).isEqualTo("0;url='http://foo.test/a'");
    headers.set("Refresh", "5");
    mapping(LocalName.LOCALHOST, "http", "foo.test").answer(headers);
    assertThat(headers.get("Refresh")).isEqualTo("5");
  }

  @Test
  void answer_cookiesOfTheServicesDomain_becomeHostOnly() {
    HttpHeaders headers =
        new DefaultHttpHeaders()
            .add("Set-Cookie", "a=1; Domain=localhost; Path=/")
            .add("Set-Cookie", "b=2; Domain=127.0.0.1")
            .add("Set-Cookie", "c=3; Domain=example.net; Secure");
    mapping(LocalName.of("localhost:3000"), "http", "foo.test").answer(headers);
    assertThat(headers.getAll("Set-Cookie"))
        .containsExactly("a=1; Path=/", "b=2", "c=3; Domain=example.net; Secure");
  }

  @Test
  void service_askedByTheVisitorsHost_hasNothingToMap() {
    Forwarded visit = Forwarded.of(Heads.of("foo.test"), PEER, "http", List.of());
    assertThat(HostMapping.of(null, false, visit)).isNull();
  }
}
