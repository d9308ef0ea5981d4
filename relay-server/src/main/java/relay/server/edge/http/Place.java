package relay.server.edge.http;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.server.tunnel.Tunnel;

/**
 * Whose a visitor's connection counts as: the owner's of the tunnel that it asked for last, until
 * it is closed or asks for another. On the connection's event loop.
 */
final class Place {

  private @Nullable Tunnel at;
  private boolean closing;

  /**
   * Goes where the next request leads.
   *
   * @return why it may not; then it counts nowhere
   */
  @Nullable Refusal take(Tunnel tunnel, Channel connection) {
    if (at == tunnel) {
      return null;
    }
    leave();
    Refusal tooMany = tunnel.holder().visitorCame(tunnel);
    if (tooMany == null) {
      at = tunnel;
      if (!closing) {
        closing = true;
        connection.closeFuture().addListener(closed -> leave());
      }
    }
    return tooMany;
  }

  private void leave() {
    Tunnel left = at;
    at = null;
    if (left != null) {
      left.holder().visitorLeft();
    }
  }
}
