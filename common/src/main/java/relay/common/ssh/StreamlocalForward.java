package relay.common.ssh;

import org.apache.sshd.common.util.buffer.Buffer;

/**
 * What {@code streamlocal-forward@openssh.com} and its cancel ask for, and the names of what
 * belongs to it (OpenSSH's PROTOCOL, §2.4).
 *
 * @param path of a socket, exactly as it was sent
 */
public record StreamlocalForward(String path) {

  public static final String NAME = "streamlocal-forward@openssh.com";
  public static final String CANCEL = "cancel-streamlocal-forward@openssh.com";

  /** The channel that is opened for each visitor. */
  public static final String CHANNEL = "forwarded-streamlocal@openssh.com";

  /** The channel that a client opens to a socket of the server's. */
  public static final String DIRECT = "direct-streamlocal@openssh.com";

  public static StreamlocalForward read(Buffer buffer) {
    return new StreamlocalForward(buffer.getString());
  }

  public void write(Buffer buffer) {
    buffer.putString(path);
  }

  /** Writes what the channel open adds: the path, and a field that is reserved. */
  public void writeChannel(Buffer buffer) {
    buffer.putString(path);
    buffer.putString("");
  }
}
