package relay.client.session;

import static relay.client.session.TunnelEvent.Reason.ENDPOINT_REFUSED;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.client.local.LocalService;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.ForwardedTcpip;
import relay.common.ssh.RelayExtensions;
import relay.common.ssh.TcpipForward;
import relay.common.stream.GlobalRequest;
import relay.common.stream.GlobalRequests;
import relay.common.stream.Splice;
import relay.common.stream.SshConnection;
import relay.common.stream.StreamOpen;

/**
 * The forward of one session (RFC 4254 §7): asks for it, tells what the server says of it, and
 * joins every visitor with the local service. All on the session's event loop.
 */
final class Tunnel implements SshConnection.Role {

  private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

  /** Visitors at one time, those included for whom the local service has not answered yet. */
  static final int MAX_VISITORS = 8192;

  /** How long a relay has to tell the address, after it has given the endpoint. */
  private static final int ADDRESS_SECONDS = 2;

  // RFC 4254 §5.1
  private static final int PROHIBITED = 1;
  private static final int CONNECT_FAILED = 2;
  private static final int UNKNOWN_TYPE = 3;
  private static final int SHORTAGE = 4;

  /** What the tunnel tells its session. */
  interface Owner {
    void event(TunnelEvent event);

    /** The session is of no more use. */
    void end(SessionEnd why);
  }

  private final SshConnection connection;
  private final LocalService local;
  private final ServerAddress server;
  private final Forward wanted;
  private final boolean tellsEvents;
  private final Owner owner;
  private boolean granted;
  private boolean told;
  private boolean closed;
  private int port;
  private int connecting;
  private @Nullable ServerEvent refused;

  /**
   * @param tellsEvents whether the server is a relay
   */
  Tunnel(
      SshConnection connection,
      LocalService local,
      ServerAddress server,
      Forward wanted,
      boolean tellsEvents,
      Owner owner) {
    this.connection = connection;
    this.local = local;
    this.server = server;
    this.wanted = wanted;
    this.tellsEvents = tellsEvents;
    this.owner = owner;
    this.port = wanted.port();
  }

  void ask() {
    List<String> flags = wanted.onlyForRelays();
    if (!tellsEvents && !flags.isEmpty()) {
      String why = server + " is no relay: it does not know " + String.join(", ", flags);
      owner.end(new SessionEnd.Final(new TunnelEvent.Ended(ENDPOINT_REFUSED, why, null)));
      return;
    }
    if (!wanted.words().isEmpty()) {
      connection
          .globals()
          .tell(RelayExtensions.OPTIONS, body -> body.putString(String.join(" ", wanted.words())));
    }
    if (wanted.returning() && tellsEvents) {
      connection.globals().tell(RelayExtensions.RETURNING, body -> {});
    }
    connection
        .globals()
        .request(TcpipForward.NAME, new TcpipForward(wanted.host(), wanted.port())::write)
        .addListener((Future<GlobalRequests.Reply> reply) -> answered(reply));
  }

  private void answered(Future<GlobalRequests.Reply> reply) {
    if (!reply.isSuccess()) {
      return; // the session ended before
    }
    if (!reply.getNow().success()) {
      Refusal why = refusal();
      boolean takenOver = RefusalCode.TAKEN_OVER.id().equals(why.code());
      owner.end(
          takenOver
              ? new RefusalLine(RefusalCode.TAKEN_OVER.id(), why.message()).end()
              : new SessionEnd.Refused(why));
      return;
    }
    granted = true;
    if (reply.getNow().port() != 0) {
      port = reply.getNow().port();
    }
    if (!tellsEvents) {
      tellAddress();
    } else if (!told) {
      connection.eventLoop().schedule(this::tellAddress, ADDRESS_SECONDS, TimeUnit.SECONDS);
    }
  }

  private Refusal refusal() {
    if (refused == null) {
      return new Refusal(null, "the server refuses " + wanted.wanted() + ", and does not say why");
    }
    return new Refusal(
        Untrusted.harmless(refused.text("code", "")),
        Untrusted.harmless(refused.text("message", "the server refuses " + wanted.wanted())));
  }

  /** Where the server does not tell the address itself. */
  private void tellAddress() {
    if (!told && !closed) {
      told(new ServerAddress(server.user(), server.host(), port).toString());
    }
  }

  private void told(String address) {
    told = true;
    owner.event(new TunnelEvent.Open(address, wanted.host(), port));
  }

  @Override
  public void request(GlobalRequest request) {
    if (request.name().equals(RelayExtensions.EVENT)) {
      try {
        serverEvent(ServerEvent.parse(request.details().getString()));
      } catch (IOException e) {
        LOG.debug("an event of the server cannot be read: {}", e.toString());
      }
    }
    request.fail(); // as OpenSSH answers a keepalive: all that is asked is whether we are there
  }

  private void serverEvent(ServerEvent event) {
    switch (event.event()) {
      case "open" -> {
        port = event.number("port", port);
        String address = event.text("url");
        told(Untrusted.harmless(address == null ? event.text("address", "?") : address));
      }
      case "refused" -> refused = event;
      case "lost" -> lost(event);
      case "visits" ->
          owner.event(
              new TunnelEvent.Visits(
                  event.text("lines", "").lines().map(Untrusted::harmless).toList()));
      default -> LOG.debug("unknown event {}", event.event());
    }
  }

  private void lost(ServerEvent event) {
    String code = Untrusted.harmless(event.text("code", ""));
    String why = Untrusted.harmless(event.text("message", "the server has taken the tunnel away"));
    owner.end(new RefusalLine(code, why).end());
  }

  @Override
  public void open(StreamOpen open) {
    if (!open.type().equals(ForwardedTcpip.TYPE)) {
      refuse(open, UNKNOWN_TYPE, "only " + ForwardedTcpip.TYPE + " is known");
      return;
    }
    ForwardedTcpip visitor = ForwardedTcpip.read(open.details());
    if (!granted || !visitor.host().equals(wanted.host()) || visitor.port() != port) {
      refuse(open, PROHIBITED, "this was not asked to be forwarded");
    } else if (connection.streamCount() + connecting >= MAX_VISITORS) {
      refuse(open, SHORTAGE, "too many connections");
    } else {
      connecting++;
      local.connect().addListener((Future<Channel> service) -> connected(open, service));
    }
  }

  private void connected(StreamOpen open, Future<Channel> service) {
    connecting--;
    if (!service.isSuccess()) {
      refuse(open, CONNECT_FAILED, "connect failed");
      return;
    }
    Channel channel = service.getNow();
    if (closed) {
      channel.close();
      return;
    }
    try {
      Splice.join(open.accept(connection.eventLoop()), channel);
    } catch (IOException e) {
      LOG.debug("cannot accept: {}", e.toString());
      channel.close();
    }
  }

  private void refuse(StreamOpen open, int reason, String message) {
    if (closed) {
      return;
    }
    try {
      open.refuse(reason, message);
    } catch (IOException e) {
      LOG.debug("cannot refuse: {}", e.toString());
    }
  }

  @Override
  public void closed() {
    closed = true;
  }
}
