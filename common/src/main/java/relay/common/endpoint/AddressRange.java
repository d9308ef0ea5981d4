package relay.common.endpoint;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** A range of IP addresses, written as CIDR (RFC 4632): {@code 10.0.0.0/8}, {@code ::1}. */
public final class AddressRange {

  private static final String EXPECTED = "an IP address or a CIDR such as 10.0.0.0/8 or fd00::/8";

  private final String text;
  private final IpSubnetFilterRule rule;

  private AddressRange(String text, IpSubnetFilterRule rule) {
    this.text = text;
    this.rule = rule;
  }

  /**
   * Reads a range, or one address, as a user wrote it. Nothing is looked up in DNS.
   *
   * @throws InvalidValue where it is none
   */
  public static AddressRange of(String text) {
    int slash = text.indexOf('/');
    byte[] address =
        NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
    if (address == null || text.indexOf('%') >= 0) { // a zone is no range
      throw new InvalidValue(text, "a range of addresses", EXPECTED);
    }
    int bits = address.length * 8;
    int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1));
    InetAddress base = base(address);
    int own = base.getAddress().length * 8;
    if (prefix > bits || prefix < bits - own) {
      throw new InvalidValue(text, "a range of addresses", EXPECTED);
    }
    int ownPrefix = prefix - (bits - own);
    return new AddressRange(text, new IpSubnetFilterRule(base, ownPrefix, IpFilterRuleType.ACCEPT));
  }

  /** One of IPv6 that is mapped (RFC 4291 §2.5.5.2) is the IPv4 address, as in Java's sockets. */
  private static InetAddress base(byte[] address) {
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 octets", e);
    }
  }

  /** Whether the address lies in the range. Any thread. */
  public boolean contains(InetAddress address) {
    return rule.matches(new InetSocketAddress(address, 0));
  }

  private static int prefix(String digits) {
    if (digits.isEmpty() || digits.length() > 3) {
      return -1;
    }
    int prefix = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      prefix = prefix * 10 + (c - '0');
    }
    return prefix;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddressRange range && range.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
