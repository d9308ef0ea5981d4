package relay.common.ssh;

import org.apache.sshd.common.util.buffer.Buffer;

/**
 * The body of {@code tcpip-forward} and {@code cancel-tcpip-forward} (RFC 4254 §7.1).
 *
 * @param host the address to bind as the client wrote it; to be echoed to it unchanged
 * @param port the port to bind, any unsigned 32-bit number
 */
public record TcpipForward(String host, long port) {

  public static final String NAME = "tcpip-forward";
  public static final String CANCEL = "cancel-tcpip-forward";

  public static TcpipForward read(Buffer buffer) {
    return new TcpipForward(buffer.getString(), buffer.getUInt());
  }

  public void write(Buffer buffer) {
    buffer.putString(host);
    buffer.putUInt(port);
  }
}
