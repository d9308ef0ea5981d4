package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;

class GrantsTest {

  private static final Hostname DOMAIN = Hostname.of("relay.example.org");

  private static Grants grants(String options) throws Exception {
    return KeyOptions.parse(options).grants();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "shop-*:80        | shop-a.relay.example.org | true",
        "SHOP-*:443       | shop-a.relay.example.org | true",
        "shop-?:*         | shop-a.relay.example.org | true",
        "shop-?:*         | shop-ab.relay.example.org| false",
        "shop-*:80        | shop-x.evil.com          | false",
        "shop-*:80        | shop-x.y.relay.example.org | false",
        "shop-*:80        | shop-relay.example.org   | false",
        "shop-*:80        | myshop-a.relay.example.org | false",
        "shop-*:22        | shop-a.relay.example.org | false",
        "80               | any.relay.example.org    | true",
        "443              | any.relay.example.org    | true",
        "4000             | any.relay.example.org    | false",
        "*:*              | any.relay.example.org    | true",
        "*:80             | shop.example.com         | false",
        "*.*:80           | shop.example.com         | true",
        "*.example.com:80 | shop.example.com         | true",
        "*.example.com.:80| shop.example.com         | true",
        "*.example.com:80 | example.com              | false",
        "*.example.com:80 | shop.example.com.evil.org| false",
        "shop.relay.example.org:443 | shop.relay.example.org | true",
        "shop.relay.example.org:443 | shop.relay.example.net | false",
        "localhost:80     | calm.relay.example.org   | false",
      })
  void name_isMatchedAsItIsCanonically(String pattern, String name, boolean permitted)
      throws Exception {
    Grants grants = grants("permitlisten=\"" + pattern.strip() + "\"");
    assertThat(grants.permitsListen(new Endpoint.Http(Hostname.of(name)), DOMAIN))
        .isEqualTo(permitted);
  }

  @ParameterizedTest
  @CsvSource({
    "foo:80, true",
    "FOO:22, true",
    "foo:*, true",
    "foo.relay.example.org:443, true",
    "fo?:80, false",
    "*:80, false",
    "80, false",
    "*:*, false",
    "bar:80, false",
    "foo.example.org:80, false",
  })
  void name_isListed_onlyAsItself(String pattern, boolean listed) throws Exception {
    Hostname foo = Hostname.of("foo.relay.example.org");
    assertThat(grants("permitlisten=\"" + pattern + "\"").lists(foo, DOMAIN)).isEqualTo(listed);
    assertThat(grants("permitlisten=\"" + pattern + "\",restrict").lists(foo, DOMAIN)).isFalse();
    assertThat(Grants.ALL.lists(foo, DOMAIN)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "4000, true",
    "localhost:4000, true",
    "'[::1]:4000', true",
    "*:4000, true",
    "foo:4000, false",
    "*:*, false",
    "localhost:*, false",
    "4001, false",
  })
  void port_isListed_onlyAsItself(String pattern, boolean listed) throws Exception {
    assertThat(grants("permitlisten=\"" + pattern + "\"").lists(4000)).isEqualTo(listed);
    assertThat(Grants.ALL.lists(4000)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "4000,           localhost, 4000, true",
    "4000,           '',        4000, true",
    "4000,           localhost, 4001, false",
    "4000,           localhost, 0,    false",
    "localhost:4000, localhost, 4000, true",
    "localhost:4000, LOCALHOST, 4000, true",
    "localhost:4000, '',        4000, false",
    "localhost:4000, '*',       4000, false",
    "localhost:*,    localhost, 0,    true",
    "*:*,            '',        0,    true",
    "192.0.2.*:4000, 192.0.2.7, 4000, true",
    "[::1]:4000,     ::1,       4000, true",
    "[::1]:4000,     ::2,       4000, false",
  })
  void port_isMatchedOnWhatWasSent(String pattern, String host, int port, boolean permitted)
      throws Exception {
    assertThat(grants("permitlisten=\"" + pattern + "\"").permitsListen(host, port))
        .isEqualTo(permitted);
  }

  @Test
  void alias_isMatchedByNameAndPort() throws Exception {
    Hostname db = DOMAIN.child("db");
    Grants grants = grants("permitlisten=\"db:22\",permitlisten=\"web:*\"");
    assertThat(grants.permitsListen(new Endpoint.Alias(db, 22), DOMAIN)).isTrue();
    assertThat(grants.permitsListen(new Endpoint.Alias(db, 23), DOMAIN)).isFalse();
    assertThat(grants.permitsListen(new Endpoint.Http(db), DOMAIN)).isFalse();
    assertThat(grants.permitsListen(new Endpoint.Alias(DOMAIN.child("web"), 23), DOMAIN)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:80, true",
    "localhost:443, true",
    "localhost:*, true",
    "localhost:81, false",
    "80, false",
    "shop:80, false"
  })
  void ownNames_areLocalhosts(String pattern, boolean permitted) throws Exception {
    assertThat(grants("permitlisten=\"" + pattern + "\"").permitsOwnNames()).isEqualTo(permitted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "localhost:4000"})
  void withoutForwarding_nothingIsPermitted(String listen) throws Exception {
    String more = listen.contains(":") ? ",permitlisten=\"" + listen + "\"" : "";
    for (String option : new String[] {"restrict", "no-port-forwarding"}) {
      Grants grants = grants(option + ",permitopen=\"*:*\"" + more);
      assertThat(grants.permitsListen("localhost", 4000)).isFalse();
      assertThat(grants.permitsListen(new Endpoint.Http(DOMAIN.child("a")), DOMAIN)).isFalse();
      assertThat(grants.permitsOwnNames()).isFalse();
      assertThat(grants.permitsOpen("db", 1)).isFalse();
      assertThat(grants.forbidsOpen("db", 1)).isTrue();
      assertThat(grants.listens()).isEqualTo("nothing");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "db.internal:5432, DB.internal.,        5432, true",
    "db.internal:5432, db.internal,         5433, false",
    "db.internal:5432, db.internal.evil.org,5432, false",
    "db.internal:*,    db.internal,         1,    true",
    "*:80,             anything,            80,   true",
    "[fd00::1]:80,     fd00:0:0::1,         80,   true",
    "10.0.0.1:80,      ::ffff:10.0.0.1,     80,   true",
    "10.0.0.1:80,      10.0.0.10,           80,   false",
    "k8s:80,           \u212a8s,            80,   false",
  })
  void open_isWhatIsListed(String target, String host, int port, boolean permitted)
      throws Exception {
    Grants grants = grants("permitopen=\"x:1\",permitopen=\"" + target + "\"");
    assertThat(grants.permitsOpen(host, port)).isEqualTo(permitted);
    assertThat(grants.forbidsOpen(host, port)).isEqualTo(!permitted);
  }

  @Test
  void open_withoutAList_isListedNowhereAndNotForbidden() {
    assertThat(Grants.ALL.permitsOpen("db", 1)).isFalse();
    assertThat(Grants.ALL.forbidsOpen("db", 1)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permitlisten=\"\"",
        "permitlisten=\":80\"",
        "permitlisten=\"shop\"",
        "permitlisten=\"shop:http\"",
        "permitlisten=\"shop:65536\"",
        "permitlisten=\"shop/api:80\"",
        "permitlisten=\"::1:80\"",
        "permitlisten=\"[x]:80\"",
        "permitlisten=\"a:80,b:80\"",
        "permitopen=\"80\"",
        "permitopen=\"*.internal:80\"",
        "from=\"\"",
        "from=\"10.0.0.0/33\"",
        "from=\"10.0.0.1/8\"",
        "from=\"10.0.0\"",
        "from=\"10.0.0.1,,::1\"",
        "from=\"beef.*\"",
        "from=\"*.example.org\"",
        "from=\"! ::1\"",
        "expiry-time=\"2030\"",
        "expiry-time=\"20300231\"",
        "expiry-time=\"2030010124\"",
        "expiry-time=\"203001012460\"",
        "expiry-time=\"+0300101\"",
        "expiry-time=\"Z\"",
      })
  void invalidValue_refusesTheLine(String option) {
    assertThat(
            AuthorizedKeys.parse(
                    option
                        + " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF9kRR6mUGw54u"
                        + "wzfUNrO6CpDLPFrA7UUBOyypJ5t9RX")
                .lines()
                .get(0))
        .asString()
        .contains("option '" + option.replaceFirst("=.*", "") + "': '", "expected");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.0/8|10.1.2.3|true",
        "10.0.0.0/8|11.1.2.3|false",
        "10.0.0.0/8,!10.1.0.0/16|10.1.2.3|false",
        "!10.1.0.0/16,*|10.1.2.3|false",
        "!10.1.0.0/16,*|10.2.2.3|true",
        "!10.1.0.0/16|10.2.2.3|false",
        "10.?.2.*|10.1.2.3|true",
        "10.?.2.*|10.11.2.3|false",
        "fd00::/8|fd00::1|true",
        "fd00:*|FD00:0::1|true",
        "::1|::1|true",
        "*|::1|true",
        "127.0.0.1|::ffff:127.0.0.1|true",
        "10.0.0.0/8|::1|false",
      })
  void from_isSshdsRule(String list, String address, boolean holds) throws Exception {
    assertThat(grants("from=\"" + list + "\"").hold(InetAddress.getByName(address), Instant.now()))
        .isEqualTo(holds);
  }

  @ParameterizedTest
  @CsvSource({
    "20300102Z,       2030-01-02T00:00:00Z",
    "203001021530Z,   2030-01-02T15:30:00Z",
    "20300102153045z, 2030-01-02T15:30:45Z",
    "20300102UTC,     2030-01-02T00:00:00Z",
  })
  void expiry_isInUtc(String text, Instant end) throws Exception {
    Grants grants = grants("expiry-time=\"20400101\",expiry-time=\"" + text + "\"");
    InetAddress here = InetAddress.getLoopbackAddress();
    assertThat(grants.hold(here, end.minusSeconds(1))).isTrue();
    assertThat(grants.hold(here, end)).isFalse();
  }

  @Test
  void expiry_withoutAZone_isTheServersOwn() {
    assertThat(ExpiryTime.of("20300102", java.time.ZoneId.of("Asia/Tokyo")))
        .isEqualTo(Instant.parse("2030-01-01T15:00:00Z"));
  }

  @Test
  void listens_isShownAsItWasWritten() throws Exception {
    assertThat(grants("permitlisten=\"shop-*:80\",permitlisten=\"4000\",permitlisten=\"[::1]:*\""))
        .extracting(Grants::listens)
        .isEqualTo("shop-*:80, 4000, [::1]:*");
    assertThat(Grants.ALL.listens()).isEqualTo("anything");
  }
}
