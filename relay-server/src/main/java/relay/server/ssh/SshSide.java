package relay.server.ssh;

import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.function.Supplier;
import relay.server.tunnel.Claims;

/** What all sessions of the server share. Immutable. */
record SshSide(
    Claims claims,
    ForwardTable table,
    Ways ways,
    BindAddresses binding,
    Supplier<PublicUrls> publicUrls,
    RecentRefusals recent,
    Shares shares,
    RecentEvents events,
    SslContext localTls,
    int maxTunnels,
    Duration keepalive,
    int keepaliveMisses) {

  /** As they are once the listeners are bound. */
  PublicUrls urls() {
    return publicUrls.get();
  }
}
