package relay.common.ssh;

import org.apache.sshd.common.util.buffer.Buffer;

/**
 * What a {@code forwarded-tcpip} channel open tells (RFC 4254 §7.2), and, with the host and port to
 * connect to in place of those connected, a {@code direct-tcpip} one.
 *
 * @param host the address that was asked to be forwarded, exactly as it was sent
 * @param port the port that was connected
 * @param originatorHost the visitor's IP address
 * @param originatorPort the visitor's port
 */
public record ForwardedTcpip(String host, long port, String originatorHost, long originatorPort) {

  public static final String TYPE = "forwarded-tcpip";
  public static final String DIRECT = "direct-tcpip";

  public static ForwardedTcpip read(Buffer buffer) {
    return new ForwardedTcpip(
        buffer.getString(), buffer.getUInt(), buffer.getString(), buffer.getUInt());
  }

  public void write(Buffer buffer) {
    buffer.putString(host);
    buffer.putUInt(port);
    buffer.putString(originatorHost);
    buffer.putUInt(originatorPort);
  }
}
