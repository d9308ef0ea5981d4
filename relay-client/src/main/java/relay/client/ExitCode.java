package relay.client;

import relay.client.session.TunnelEvent;

/** What a script learns from how {@code relay} ends; shown by {@code --help}. */
final class ExitCode {

  static final int STOPPED = 0;
  static final int INTERNAL_ERROR = 1;
  static final int USAGE = 2;
  static final int KEY_REFUSED = 3;
  static final int ENDPOINT_REFUSED = 4;
  static final int HOST_KEY = 5;
  static final int TAKEN_OVER = 6;

  private ExitCode() {}

  static int of(TunnelEvent.Reason reason) {
    return switch (reason) {
      case STOPPED -> STOPPED;
      case KEY_REFUSED -> KEY_REFUSED;
      case ENDPOINT_REFUSED -> ENDPOINT_REFUSED;
      case HOST_KEY -> HOST_KEY;
      case TAKEN_OVER -> TAKEN_OVER;
    };
  }
}
