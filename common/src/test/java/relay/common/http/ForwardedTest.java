package relay.common.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.AddressRange;

class ForwardedTest {

  private static final InetSocketAddress PROXY = new InetSocketAddress("10.0.0.1", 4711);
  private static final List<AddressRange> TRUSTED =
      List.of(AddressRange.of("10.0.0.0/8"), AddressRange.of("fd00::/8"));

  private static final String[] TOLD = {
    "X-Forwarded-For: 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: shop.example.org",
    "X-Forwarded-Port: 444",
    "X-Real-IP: 203.0.113.9",
    "Forwarded: for=203.0.113.9",
    "X_Forwarded_For: 203.0.113.9",
  };

  private static HttpHeaders sent(RequestHead head, Forwarded visit) {
    Fields.cleanRequest(head.headers());
    visit.addTo(head.headers());
    return head.headers();
  }

  @Test
  void stranger_isNotBelieved() {
    RequestHead head = Heads.of("foo.localhost:8080", TOLD);
    InetSocketAddress peer = new InetSocketAddress("192.0.2.1", 99);
    Forwarded visit = Forwarded.of(head, peer, "http", TRUSTED);

    assertThat(visit.client()).isEqualTo(peer);
    assertThat(sent(head, visit).entries().toString())
        .isEqualTo(
            "[Host=foo.localhost:8080, X-Forwarded-For=192.0.2.1, X-Forwarded-Proto=http,"
                + " X-Forwarded-Host=foo.localhost:8080, X-Forwarded-Port=8080,"
                + " X-Real-IP=192.0.2.1]");
  }

  @Test
  void trustedProxy_isBelieved_andItsLinesAreMadeAnew() {
    RequestHead head = Heads.of("foo.localhost", TOLD);
    Forwarded visit = Forwarded.of(head, PROXY, "http", TRUSTED);

    assertThat(sent(head, visit).entries().toString())
        .isEqualTo(
            "[Host=foo.localhost, X-Forwarded-For=198.51.100.7, X-Forwarded-Proto=https,"
                + " X-Forwarded-Host=shop.example.org, X-Forwarded-Port=443,"
                + " X-Real-IP=198.51.100.7]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "203.0.113.9, 198.51.100.7 | 198.51.100.7", // what the visitor wrote stands to the left
        "203.0.113.9, 10.0.0.2 | 203.0.113.9",
        "203.0.113.9, 10.0.0.2, fd00::1 | 203.0.113.9",
        "10.0.0.3, 10.0.0.2 | 10.0.0.3", // all are proxies: the farthest
        "198.51.100.7:4711 | 198.51.100.7",
        "[2001:db8::7]:4711 | 2001:db8::7",
        "2001:db8::7 | 2001:db8::7",
        "::ffff:198.51.100.7 | 198.51.100.7",
        "unknown | 10.0.0.1",
        "203.0.113.9, evil.example.org | 10.0.0.1", // nothing is looked up
        "203.0.113.9, 1.2.3 | 10.0.0.1",
        "'' | 10.0.0.1",
      })
  void client_isTheLastAddressThatATrustedOneVouchesFor(String hops, String client) {
    RequestHead head = Heads.of("foo.localhost", "X-Forwarded-For: " + hops);
    assertThat(Forwarded.text(Forwarded.of(head, PROXY, "http", TRUSTED).client()))
        .isEqualTo(client);
  }

  @Test
  void linesOfForwardedFor_areOneList() {
    RequestHead head =
        Heads.of("foo.localhost", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7");
    assertThat(Forwarded.text(Forwarded.of(head, PROXY, "http", TRUSTED).client()))
        .isEqualTo("198.51.100.7");
  }

  @ParameterizedTest
  @CsvSource({"https, https", "HTTPS, https", "'http, https', https", "wss, http", "'', http"})
  void scheme_isTheNearestProxysWord(String told, String scheme) {
    RequestHead head = Heads.of("foo.localhost", "X-Forwarded-Proto: " + told);
    assertThat(Forwarded.of(head, PROXY, "http", TRUSTED).scheme()).isEqualTo(scheme);
  }

  @Test
  void host_thatIsNone_isNotBelieved() {
    RequestHead head = Heads.of("foo.localhost", "X-Forwarded-Host: a@b");
    assertThat(Forwarded.of(head, PROXY, "http", TRUSTED).host()).isEqualTo("foo.localhost");
  }
}
