package relay.common.stream;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;

/** An address could not be listened on. The message is one line that names it and the reason. */
public final class BindFailure extends IOException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** Why, as far as somebody can do something about it. */
  public enum Reason {
    IN_USE("already in use, expected an address that nobody listens on"),
    NOT_HERE("not an address of this machine, expected one that it has"),
    FORBIDDEN("permission denied, expected a port from 1024 or the right to bind lower ones"),
    OTHER("cannot be listened on");

    private final String text;

    Reason(String text) {
      this.text = text;
    }
  }

  BindFailure(InetSocketAddress address, Throwable cause) {
    this(address, reason(String.valueOf(cause.getMessage())), cause);
  }

  private BindFailure(InetSocketAddress address, Reason reason, Throwable cause) {
    super(
        "'"
            + NetUtil.toSocketAddressString(address)
            + "': "
            + reason.text
            + (reason == Reason.OTHER ? ": " + cause.getMessage() : ""),
        cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** NIO and epoll have exceptions of their own; the operating system's words are the same. */
  private static Reason reason(String message) {
    if (message.contains("Address already in use")) {
      return Reason.IN_USE;
    } else if (message.contains("Cannot assign requested address")) {
      return Reason.NOT_HERE;
    } else if (message.contains("Permission denied")) {
      return Reason.FORBIDDEN;
    }
    return Reason.OTHER;
  }
}
