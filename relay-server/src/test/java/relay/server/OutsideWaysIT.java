package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ssh -L}, {@code -D} and {@code -W} to hosts that are no tunnel. */
class OutsideWaysIT {

  /** The machine's own address stands for another host. */
  private InetAddress host;

  @RegisterExtension final RelayNode node = RelayNode.with("--permit-open=any");
  @RegisterExtension final RelayNode closed = RelayNode.with();

  @BeforeEach
  void findAnAddress() throws Exception {
    host =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
            .findFirst()
            .orElseThrow(() -> new AssertionError("the machine has loopback addresses only"));
  }

  private String literal() {
    String text = host.getHostAddress();
    return text.indexOf(':') >= 0 ? "[" + text.replaceAll("%.*", "") + "]" : text;
  }

  @Test
  void hostThatIsPermitted_isConnected_eachDirectionToItsEnd() throws Exception {
    ServerSocket listener = node.closing(new ServerSocket(0, 10, host));
    Octets.run(() -> {
      try (Socket socket = listener.accept()) {
        Octets.exchange(socket, 1, 8 << 20).join();
      }
    });
    Socket visitor =
        node.visit(node.localForward("ben", literal() + ":" + listener.getLocalPort()));

    assertThat(Octets.exchange(visitor, 2, 8 << 20).get(20, TimeUnit.SECONDS))
        .isEqualTo(Octets.digest(1, 8 << 20));
  }

  @Test
  void portOnWhichNobodyListens_isSaidSoInSshsWords() throws Exception {
    Command ssh =
        node.start(node.ssh("ann").with("-W", literal() + ":" + LocalService.freePort()).to());
    assertThat(ssh.exitStatus()).isEqualTo(255);
    assertThat(ssh.err())
        .containsPattern(
            "open failed: connect failed: relay: RELAY-CONNECT-FAILED: '.*': Connection refused");
  }

  @Test
  void listenerOfTheRelay_isNoHost() throws Exception {
    try (RawClient ann = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      for (int port : new int[] {node.sshPort(), node.httpPort()}) {
        assertThat(ann.openDirect(host.getHostAddress().replaceAll("%.*", ""), port).answer())
            .startsWith("refused 1 relay: RELAY-OPEN-NOT-ALLOWED: ")
            .contains("leads to an address that is not connected to");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.2",
        "169.254.169.254",
        "0.0.0.0",
        "::",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "::ffff:169.254.169.254",
        "64:ff9b::127.0.0.1",
      })
  void addressesOfTheRelaysOwnMachine_areRefused_whateverIsPermitted(String address)
      throws Exception {
    try (RawClient ann = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      assertThat(ann.openDirect(address, 80).answer())
          .startsWith("refused 1 relay: RELAY-OPEN-NOT-ALLOWED: ");
    }
  }

  @Test
  void loopback_isTheRegistry_neverTheSystem() throws Exception {
    int service = node.closing(LocalService.echo()).port();
    try (RawClient ann = new RawClient(node.sshPort(), node.keys().of("ann"))) {
      for (String loopback : new String[] {"localhost", "127.0.0.1", "::1", "LOCALHOST."}) {
        assertThat(ann.openDirect(loopback, service).answer())
            .startsWith("refused 1 relay: RELAY-NO-SUCH-TUNNEL: ");
        assertThat(ann.openDirect(loopback, node.sshPort()).answer())
            .startsWith("refused 1 relay: RELAY-NO-SUCH-TUNNEL: ");
      }
    }
  }

  @Test
  void nothingIsPermitted_byDefault() throws Exception {
    try (RawClient ann = new RawClient(closed.sshPort(), closed.keys().of("ann"))) {
      for (String other : new String[] {"192.0.2.7", "db.example.org", "169.254.169.254"}) {
        assertThat(ann.openDirect(other, 5432).answer())
            .isEqualTo(
                "refused 1 relay: RELAY-OPEN-NOT-ALLOWED: '%s:5432' is no tunnel, and not listed"
                    .formatted(other)
                    .concat(" by your key's permitopen"));
      }
    }
  }

  @Test
  void hostThatIsListed_isNobodysTunnel_butOnesOwn() throws Exception {
    int service = node.closing(LocalService.echo()).port();
    node.restartWith("--permit-open=db:5432,any");
    Command bens =
        node.start(
            node.ssh("ben")
                .forward("db:5432:127.0.0.1:" + service)
                .forward("other:5432:127.0.0.1:" + service)
                .to("allow=any"));
    bens.awaitOut("TCP Alias: db");
    bens.awaitOut("TCP Alias: other");
    try (RawClient ann = new RawClient(node.sshPort(), node.keys().of("ann"));
        RawClient ben = new RawClient(node.sshPort(), node.keys().of("ben"))) {
      assertThat(ann.openDirect("other", 5432).answer()).isEqualTo("open");
      assertThat(ann.openDirect("db", 5432).answer())
          .as("the host, which is looked up")
          .startsWith("refused 2 relay: RELAY-CONNECT-FAILED: 'db:5432': ");
      assertThat(ann.openDirect("db.localhost", 5432).answer()).isEqualTo("open");
      assertThat(ben.openDirect("db", 5432).answer()).isEqualTo("open");
    }
  }
}
