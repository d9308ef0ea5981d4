package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.Authority;

/**
 * Who asked, and by which URL: what the service is told as {@code X-Forwarded-For}, {@code -Proto},
 * {@code -Host}, {@code -Port} and {@code X-Real-IP}, the set that nginx's tutorials and the
 * frameworks agree on. Not {@code Forwarded} (RFC 7239): where both are there, frameworks differ on
 * which one wins. All are made anew: what a visitor wrote into them is no part of it.
 *
 * @param client the visitor's address; its port is 0 where a proxy told the address alone
 * @param scheme {@code http} or {@code https}, as the visitor's URL begins
 * @param host the visitor's Host, as it was sent
 * @param authority the same, parsed
 */
public record Forwarded(InetSocketAddress client, String scheme, String host, Authority authority) {

  private static final AsciiString FOR = AsciiString.cached("X-Forwarded-For");
  private static final AsciiString PROTO = AsciiString.cached("X-Forwarded-Proto");
  private static final AsciiString HOST = AsciiString.cached("X-Forwarded-Host");
  private static final AsciiString PORT = AsciiString.cached("X-Forwarded-Port");
  private static final AsciiString REAL_IP = AsciiString.cached("X-Real-IP");

  /** The addresses in X-Forwarded-For that are looked at, from the right. */
  private static final int MAX_HOPS = 32;

  /**
   * Reads what the connection says, and what a proxy says whose word counts.
   *
   * @param request with its headers as they came
   * @param peer the other end of the connection
   * @param scheme of the connection
   * @param trusted the proxies whose word counts
   */
  public static Forwarded of(
      RequestHead request, InetSocketAddress peer, String scheme, List<AddressRange> trusted) {
    HttpHeaders headers = request.headers();
    String host = headers.get(HttpHeaderNames.HOST, "");
    if (trusted.isEmpty() || !isIn(trusted, peer.getAddress())) {
      return new Forwarded(peer, scheme, host, request.authority());
    }
    String toldHost = last(headers.getAll(HOST));
    Authority authority = toldHost == null ? null : Authority.parse(toldHost);
    return new Forwarded(
        client(headers, peer, trusted),
        scheme(headers, scheme),
        toldHost == null || authority == null ? host : toldHost,
        authority == null ? request.authority() : authority);
  }

  /** The last address that a trusted proxy vouches for. */
  private static InetSocketAddress client(
      HttpHeaders headers, InetSocketAddress peer, List<AddressRange> trusted) {
    List<String> hops = new ArrayList<>();
    headers.getAll(FOR).forEach(value -> hops.addAll(Tokens.of(value)));
    InetSocketAddress client = peer;
    int first = Math.max(0, hops.size() - MAX_HOPS);
    for (int i = hops.size() - 1; i >= first && isIn(trusted, client.getAddress()); i--) {
      InetAddress before = address(hops.get(i));
      if (before == null) {
        break;
      }
      client = new InetSocketAddress(before, 0);
    }
    return client;
  }

  private static String scheme(HttpHeaders headers, String otherwise) {
    String told = last(headers.getAll(PROTO));
    String scheme = told == null ? "" : told.toLowerCase(Locale.ROOT);
    return scheme.equals("http") || scheme.equals("https") ? scheme : otherwise;
  }

  /** The nearest proxy's word is the last one. */
  private static @Nullable String last(List<String> values) {
    List<String> tokens = values.isEmpty() ? List.of() : Tokens.of(values.get(values.size() - 1));
    return tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
  }

  /** {@code 192.0.2.1}, {@code 192.0.2.1:4711}, {@code 2001:db8::1}, {@code [2001:db8::1]:4711}. */
  private static @Nullable InetAddress address(String text) {
    String literal = text;
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      literal = end < 0 ? "" : text.substring(1, end);
    } else if (text.indexOf(':') == text.lastIndexOf(':') && text.indexOf(':') > 0) {
      literal = text.substring(0, text.indexOf(':'));
    }
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(literal);
    try {
      return octets == null ? null : InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 octets are an address: " + text, e);
    }
  }

  private static boolean isIn(List<AddressRange> ranges, @Nullable InetAddress address) {
    if (address != null) {
      for (AddressRange range : ranges) {
        if (range.contains(address)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Adds ours to headers from which the visitor's own were removed ({@link Fields}). */
  public void addTo(HttpHeaders headers) {
    String address = text(client);
    int port = authority.port();
    headers.set(FOR, address);
    headers.set(PROTO, scheme);
    headers.set(HOST, host);
    headers.set(PORT, port > 0 ? Integer.toString(port) : scheme.equals("https") ? "443" : "80");
    headers.set(REAL_IP, address);
  }

  /** An address as these headers and the owner's log show it, without its port. */
  public static String text(InetSocketAddress address) {
    InetAddress resolved = address.getAddress();
    return resolved == null ? address.getHostString() : NetUtil.toAddressString(resolved);
  }
}
