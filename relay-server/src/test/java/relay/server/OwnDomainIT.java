package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A domain of the user's own: it is his while a real DNS server says so. */
class OwnDomainIT {

  private static final int DNS = LocalService.freePort();

  @RegisterExtension
  final RelayNode node =
      RelayNode.with(
          "dns.servers=127.0.0.1:" + DNS, "limits.dns-timeout=1s", "limits.domain-recheck=1s");

  private String local;
  private String anns;

  @BeforeEach
  void start() {
    local = ":80:127.0.0.1:" + node.nginx("").port();
    String key = node.keys().of("ann").toString();
    anns = Command.run("ssh-keygen", "-l", "-f", key).split(" ", -1)[1];
  }

  private Dnsmasq dns(String... records) {
    return node.closing(new Dnsmasq(DNS, records));
  }

  private Command ask(String person, String host) {
    return node.start(node.ssh(person).forward(host + local).console());
  }

  @Test
  void withoutTheRecord_isRefused_andToldWhichOne() {
    dns("_relay.shop.example.com,SHA256:somebody-else", "_relay.example.com," + anns);
    ask("ann", "Shop.Example.com")
        .awaitOut(
            "RELAY-DOMAIN-UNPROVEN: shop.example.com is not known to be yours; put a TXT record at"
                + " _relay.shop.example.com: "
                + anns.replace("+", "\\+")
                + "$");
  }

  @Test
  void withTheRecord_isServed_toItsOwnerAlone_byEitherName() {
    dns(
        "_relay.shop.example.com," + anns,
        "_sish.old.example.com,other words," + anns,
        "_sish.new.example.com,also this",
        "_sish.new.example.com," + anns);
    Command ann = ask("ann", "shop.example.com");
    ann.awaitOut("HTTP: http://shop.example.com:");
    ask("ann", "old.example.com").awaitOut("RELAY-DOMAIN-UNPROVEN"); // one record of two strings
    assertThat(node.curl("shop.example.com", "/hello")).isEqualTo("hello from nginx\n\n200");
    ask("ben", "shop.example.com").awaitOut("RELAY-DOMAIN-UNPROVEN");

    ask("ann", "new.example.com/api").awaitOut("HTTP: http://new.example.com:[0-9]+/api");
    node.awaitTunnels(2);
  }

  @Test
  void recordThatGoes_takesTheDomainWithIt() {
    Dnsmasq dns = dns("_sish.shop.example.com," + anns);
    Command ann = ask("ann", "shop.example.com");
    ann.awaitOut("HTTP: http://shop.example.com:");
    dns.close();
    Dnsmasq without = dns();
    ann.awaitOut("RELAY-DOMAIN-LOST: shop.example.com: its TXT record does not name your key");
    assertThat(node.curl("shop.example.com", "/hello")).endsWith("404");
    assertThat(ann.isAlive()).isTrue();
    without.close();
    Command late = ask("ann", "late.example.com");
    late.awaitOut("RELAY-DOMAIN-LOOKUP: late.example.com: DNS does not tell whose it is");
    assertThat(late.isAlive()).isTrue();
  }
}
