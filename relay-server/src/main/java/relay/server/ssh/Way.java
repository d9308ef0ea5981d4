package relay.server.ssh;

import relay.common.endpoint.Hostname;
import relay.server.tunnel.Entrance;
import relay.server.tunnel.Tunnel;

/** Where a {@code direct-tcpip} channel leads. */
sealed interface Way {

  /** Byte for byte to a tunnel: a private alias, or a TCP port. */
  record Through(Tunnel tunnel) implements Way {}

  /** To a host that is no tunnel. */
  record Outside(String host, int port) implements Way {}

  /** By the HTTP edge to a name's tunnels. */
  record Served(Entrance entrance, Hostname name) implements Way {}
}
