package relay.server.auth;

import io.netty.util.NetUtil;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Wildcard;

/**
 * Where a key may come from: {@code from="10.0.0.0/8,!10.1.1.1,192.168.?.*"} (sshd(8)). One of the
 * patterns has to match, and none with a {@code !}. Names of hosts are refused: reverse DNS proves
 * nothing.
 */
record Sources(List<Pattern> patterns) {

  private static final String EXPECTED =
      "addresses, CIDRs, or patterns of addresses with * and ?, none of them a host name";

  /**
   * @param range null where it is a pattern
   */
  record Pattern(boolean not, @Nullable AddressRange range, Wildcard text) {
    boolean matches(InetAddress address) {
      return range != null ? range.contains(address) : text.matches(shown(address));
    }

    private static String shown(InetAddress address) {
      return NetUtil.toAddressString(address);
    }
  }

  /**
   * Reads a list.
   *
   * @throws InvalidValue where one of its items is none
   */
  static Sources of(String list) {
    List<Pattern> patterns = new ArrayList<>();
    for (String item : list.split(",", -1)) {
      boolean not = item.startsWith("!");
      patterns.add(pattern(not, (not ? item.substring(1) : item).toLowerCase(Locale.ROOT)));
    }
    return new Sources(List.copyOf(patterns));
  }

  private static Pattern pattern(boolean not, String item) {
    if (Wildcard.isIn(item) && isOfAddresses(item)) {
      return new Pattern(not, null, new Wildcard(item));
    }
    try {
      return new Pattern(not, exact(item), new Wildcard(item));
    } catch (InvalidValue e) {
      throw new InvalidValue(item, "a source", EXPECTED);
    }
  }

  /** Without a bit behind its prefix: of {@code 10.0.0.1/8} nobody knows what was meant. */
  private static AddressRange exact(String item) {
    AddressRange range = AddressRange.of(item);
    int slash = item.indexOf('/');
    if (slash < 0) {
      return range;
    }
    byte[] address = NetUtil.createByteArrayFromIpAddressString(item.substring(0, slash));
    BigInteger bits = new BigInteger(1, address == null ? new byte[0] : address);
    int behind =
        (address == null ? 0 : address.length * 8) - Integer.parseInt(item.substring(slash + 1));
    if (bits.signum() != 0 && bits.getLowestSetBit() < behind) {
      throw new InvalidValue(item, "a source", EXPECTED);
    }
    return range;
  }

  private static boolean isOfAddresses(String item) {
    String characters = item.indexOf(':') >= 0 ? "0123456789abcdef:.*?" : "0123456789.*?";
    return item.chars().allMatch(c -> characters.indexOf(c) >= 0);
  }

  boolean contain(InetAddress address) {
    boolean found = false;
    for (Pattern pattern : patterns) {
      if (pattern.matches(address)) {
        if (pattern.not()) {
          return false;
        }
        found = true;
      }
    }
    return found;
  }
}
