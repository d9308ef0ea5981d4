package relay.common.ssh;

import java.io.IOException;

/** A key file that cannot be used; the message is one line that names the file. */
public final class KeyFileException extends IOException {

  private static final long serialVersionUID = 1L;

  KeyFileException(String message) {
    super(message);
  }

  KeyFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
