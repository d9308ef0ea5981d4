package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import relay.common.endpoint.Hostname;
import relay.common.ssh.TcpipForward;
import relay.server.config.GatewayPorts;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.NameStore;
import relay.server.tunnel.RefusedException;

/** What a stranger writes as the host of a forward is decided on its canonical form. */
@SuppressWarnings("NullAway.Init") // what the container makes
class ForwardProperties {

  private static final ForwardTable TABLE = table();

  static ForwardTable table() {
    try {
      Path directory = Files.createTempDirectory("forwards");
      NameStore names = NameStore.open(directory); // which reads its files once
      try (var files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
      return new ForwardTable(
          new HostnameAllocator(Hostname.of("example.org"), names, name -> false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Property
  void anyText_isGrantedOrRefused(
      @ForAll("hosts") String host, @ForAll @LongRange(max = 0xffff_ffffL) long port) {
    verdict(host, port);
    verdict(host, 80);
    for (GatewayPorts mode : GatewayPorts.values()) {
      bound(mode, host);
    }
  }

  @Property
  void name_inAnySpelling_hasOneVerdict(@ForAll("labels") String label, @ForAll boolean full) {
    String name = full ? label + ".example.org" : label;
    String verdict = verdict(name, 80);
    assertThat(verdict(name.toUpperCase(Locale.ROOT), 80)).isEqualTo(verdict);
    assertThat(verdict(name + ".", 80)).isEqualTo(verdict);
  }

  @Property
  void address_inAnySpelling_isBoundAlike(@ForAll @Size(16) byte[] bytes, @ForAll GatewayPorts mode)
      throws Exception {
    InetAddress address = InetAddress.getByAddress(bytes);
    String canonical = address.getHostAddress();
    String bound = bound(mode, canonical);
    assertThat(bound(mode, canonical.toUpperCase(Locale.ROOT))).isEqualTo(bound);
    assertThat(bound(mode, padded(bytes))).isEqualTo(bound);
    assertThat(verdict(padded(bytes), 80).equals(verdict(canonical, 80))).isTrue();
  }

  @Provide
  Arbitrary<String> hosts() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(300),
        Arbitraries.strings().withChars("abz019.:%[]-*@/_ ").ofMaxLength(40));
  }

  @Provide
  Arbitrary<String> labels() {
    return Arbitraries.oneOf(
        Arbitraries.of("localhost", "www", "foo", "xn--a", "a-b", "x"),
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .withChars("0-")
            .ofMinLength(1)
            .ofMaxLength(70));
  }

  private static String padded(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes.length; i += 2) {
      text.append(i == 0 ? "" : ":");
      text.append(String.format(Locale.ROOT, "%02x%02x", bytes[i], bytes[i + 1]));
    }
    return text.toString();
  }

  /** What is wanted, or the code of the refusal; any other exception fails the property. */
  private static String verdict(String host, long port) {
    try {
      return TABLE.read(new TcpipForward(host, port)).toString();
    } catch (RefusedException e) {
      return e.refusal().code().id();
    }
  }

  private static String bound(GatewayPorts mode, String host) {
    try {
      return BindAddressesTest.of(mode, "0.0.0.0 ::").of(host).toString();
    } catch (RefusedException e) {
      return e.refusal().code().id();
    }
  }
}
