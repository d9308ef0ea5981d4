package relay.server.ssh;

import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import relay.server.tunnel.Claims;

/** What all sessions of the server share. Immutable. */
record SshSide(
    Claims claims,
    ForwardTable table,
    BindAddresses binding,
    PublicUrls urls,
    RecentRefusals recent,
    SslContext localTls,
    int maxTunnels,
    Duration keepalive,
    int keepaliveMisses) {}
