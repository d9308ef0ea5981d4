package relay.common.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.Hostname;

class CookieDomainTest {

  private static final Hostname BASE = Hostname.of("tunnel.example.org");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a=1; Domain=tunnel.example.org; Path=/; Secure | a=1; Path=/; Secure",
        "a=1; Path=/; Domain=.tunnel.example.org | a=1; Path=/",
        "a=1;domain=Tunnel.Example.ORG | a=1",
        "a=1; DOMAIN = tunnel.example.org. ; Secure | a=1; Secure",
        "a=1; Domain=example.org | a=1",
        "a=1; Domain=org | a=1",
        "a=1; Domain=foo.tunnel.example.org; Domain=example.org | a=1; Domain=foo.tunnel.example.org",
        "a=1; Domain=%65xample.org | a=1",
        "a=1; Domain=\"example.org\" | a=1",
        "a=1; Domain= | a=1",
        "a=1; Domain=foo.tunnel.example.org | a=1; Domain=foo.tunnel.example.org",
        "a=1; Domain=other.net | a=1; Domain=other.net",
        "a=Domain=example.org | a=Domain=example.org",
        "a=1; XDomain=example.org | a=1; XDomain=example.org",
        "a=1; Path=/; HttpOnly; SameSite=Lax | a=1; Path=/; HttpOnly; SameSite=Lax",
      })
  void domain_atOrAboveTheBase_goes(String from, String to) {
    HttpHeaders headers = new DefaultHttpHeaders().add("Set-Cookie", from);
    CookieDomain.keepBelow(BASE, headers);
    assertThat(headers.get("Set-Cookie")).isEqualTo(to);
  }

  @Test
  void cookies_stayApartAndInOrder() {
    HttpHeaders headers =
        new DefaultHttpHeaders()
            .add("Set-Cookie", "a=1, 2; Expires=Wed, 21 Oct 2026 07:28:00 GMT")
            .add("X", "y")
            .add("Set-Cookie", "b=; Domain=example.org")
            .add("set-cookie", "a=1");
    CookieDomain.keepBelow(BASE, headers);
    assertThat(headers.getAll("Set-Cookie"))
        .containsExactly("a=1, 2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=", "a=1");
  }
}
