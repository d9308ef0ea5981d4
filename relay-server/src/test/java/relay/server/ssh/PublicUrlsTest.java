package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.server.config.PublicUrl;

class PublicUrlsTest {

  private static final Hostname DOMAIN = Hostname.of("example.org");
  private static final Hostname FOO = Hostname.of("foo.example.org");

  private static PublicUrls.Shown shown(PublicUrls urls) {
    return urls.of(new Endpoint.Http(FOO));
  }

  @Test
  void httpOnly() {
    PublicUrls urls = PublicUrls.of(DOMAIN, 8080, 0, null);
    assertThat(shown(urls).address()).isEqualTo("http://foo.example.org:8080");
    assertThat(shown(urls).lines()).containsExactly("HTTP: http://foo.example.org:8080");
    assertThat(urls.httpsPort()).isZero();
    assertThat(urls.httpsPort()).isZero();
  }

  @Test
  void both_httpsFirst_withoutTheSchemesOwnPorts() {
    PublicUrls urls = PublicUrls.of(DOMAIN, 80, 443, null);
    assertThat(shown(urls).address()).isEqualTo("https://foo.example.org");
    assertThat(shown(urls).lines())
        .containsExactly("HTTPS: https://foo.example.org", "HTTP: http://foo.example.org");
    assertThat(urls.authority(FOO)).isEqualTo("foo.example.org");
    assertThat(urls.httpsPort()).isEqualTo(443);
  }

  @Test
  void httpsOnly() {
    PublicUrls urls = PublicUrls.of(Hostname.of("localhost"), 0, 8443, null);
    Endpoint local = new Endpoint.Http(Hostname.of("foo.localhost"));
    assertThat(urls.of(local).lines()).containsExactly("HTTPS: https://foo.localhost:8443");
    assertThat(urls.authority(FOO)).isEqualTo("foo.example.org:8443");
  }

  @Test
  void publicUrl_isShownAlone_andTellsOfHttpsToo() {
    PublicUrls https = PublicUrls.of(DOMAIN, 8080, 0, PublicUrl.of("https://example.org"));
    assertThat(shown(https).lines()).containsExactly("HTTPS: https://foo.example.org");
    assertThat(https.httpsPort()).isEqualTo(443);
    PublicUrls http = PublicUrls.of(DOMAIN, 8080, 8443, PublicUrl.of("http://example.org"));
    assertThat(shown(http).lines()).containsExactly("HTTP: http://foo.example.org");
    assertThat(http.httpsPort()).isEqualTo(8443);
    PublicUrls other = PublicUrls.of(DOMAIN, 80, 8443, PublicUrl.of("https://example.org"));
    assertThat(other.httpsPort()).isEqualTo(443);
  }
}
