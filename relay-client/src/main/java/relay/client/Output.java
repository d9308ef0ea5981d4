package relay.client;

import relay.client.session.TunnelEvent;

/**
 * Tells what happens: the tunnel's address and its visits on standard output, trouble on standard
 * error.
 */
interface Output {
  void show(TunnelEvent event);
}
