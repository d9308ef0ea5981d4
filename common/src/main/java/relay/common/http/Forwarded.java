package relay.common.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What the service is told about the visitor: {@code X-Forwarded-For}, {@code -Proto}, {@code
 * -Host}, {@code -Port} and {@code X-Real-IP}, the set that nginx's tutorials and the frameworks
 * agree on. Not {@code Forwarded} (RFC 7239): where both are there, frameworks differ on which one
 * wins.
 */
public final class Forwarded {

  private static final AsciiString FOR = AsciiString.cached("X-Forwarded-For");
  private static final AsciiString PROTO = AsciiString.cached("X-Forwarded-Proto");
  private static final AsciiString HOST = AsciiString.cached("X-Forwarded-Host");
  private static final AsciiString PORT = AsciiString.cached("X-Forwarded-Port");
  private static final AsciiString REAL_IP = AsciiString.cached("X-Real-IP");

  private Forwarded() {}

  /** Adds ours to a request from which the visitor's own were removed ({@link Fields}). */
  public static void add(RequestHead request, InetSocketAddress originator, String scheme) {
    HttpHeaders headers = request.headers();
    String address = text(originator);
    int port = request.authority().port();
    String host = headers.get(HttpHeaderNames.HOST);
    headers.set(FOR, address);
    headers.set(PROTO, scheme);
    headers.set(HOST, host == null ? request.authority().toString() : host);
    headers.set(PORT, port > 0 ? Integer.toString(port) : scheme.equals("https") ? "443" : "80");
    headers.set(REAL_IP, address);
  }

  /** An address as these headers and the owner's log show it, without its port. */
  public static String text(InetSocketAddress originator) {
    InetAddress address = originator.getAddress();
    return address == null ? originator.getHostString() : NetUtil.toAddressString(address);
  }
}
