package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a user of {@code ssh -N} reads: the banner is all that there is. */
class BannerIT {

  private static final String LOCAL = "127.0.0.1:1";
  private static final String PLAIN = "^relay: -R 80 is ([a-z2-9-]+\\.localhost):";

  @RegisterExtension final RelayNode node = RelayNode.with();

  @Test
  void banner_tellsTheNameThatPort80Gets_withoutAScheme() {
    Command ssh = node.start(node.ssh("ann").forward("80:" + LOCAL).noCommand());
    String name = ssh.awaitErr(PLAIN + node.httpPort() + "$");
    node.awaitTunnels(1);

    assertThat(node.curl(name, "/")).contains("RELAY-502-NOTHING-LISTENING").endsWith("502");
    assertThat(ssh.err()).doesNotContain("http://");
  }

  @Test
  void banner_isNotShownUnderQuiet() {
    Command ssh = node.start(node.ssh("ann").with("-q").forward("80:" + LOCAL).noCommand());
    node.awaitTunnels(1);

    assertThat(ssh.err()).isEmpty();
  }

  @Test
  void refusal_isInTheNextBanner_onceAndOnlyOfTheSameKey() {
    Command refused = node.start(node.ssh("ann").forward("www:80:" + LOCAL).noCommand());
    refused.awaitErr("Warning: remote port forwarding failed for listen port 80");
    assertThat(refused.err()).doesNotContain("RELAY-");
    String line = "^relay: RELAY-NAME-RESERVED: 'www' is no name below localhost: .*$";

    Command ben = node.start(node.ssh("ben").noCommand());
    ben.awaitErr(PLAIN);
    assertThat(ben.err()).doesNotContain("RELAY-");
    node.start(node.ssh("ann").noCommand()).awaitErr(line);
    Command later = node.start(node.ssh("ann").noCommand());
    later.awaitErr(PLAIN);
    assertThat(later.err()).doesNotContain("RELAY-");
  }
}
