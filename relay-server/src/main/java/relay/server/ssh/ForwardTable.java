package relay.server.ssh;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.PathPrefix;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.common.ssh.TcpipForward;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Shape;

/** What the host and port of a {@code tcpip-forward} ask for. Immutable. */
final class ForwardTable {

  private static final int HTTP = 80;
  private static final int HTTPS = 443;
  private static final int MAX_PORT = 65535;
  private static final Hostname LOCALHOST = Hostname.of("localhost");

  /** What is asked for. */
  sealed interface Wanted {
    /**
     * @param localTls whether the local service speaks TLS
     */
    record Name(Endpoint.Http endpoint, boolean localTls) implements Wanted {}

    /** A domain that is not the relay's: whose it is, DNS has to tell. */
    record Domain(Endpoint.Http endpoint, boolean localTls) implements Wanted {}

    record Alias(Endpoint.Alias endpoint) implements Wanted {}

    /**
     * A name whose TLS is not ended here.
     *
     * @param foreign whether DNS has to tell whose it is
     */
    record Passed(Endpoint.Tls endpoint, boolean foreign) implements Wanted {}

    /**
     * A name of the identity's own, or a path below it.
     *
     * @param shape what of the name it is
     */
    record OwnName(PathPrefix path, boolean localTls, Shape shape) implements Wanted {
      OwnName(PathPrefix path, boolean localTls) {
        this(path, localTls, Shape.PLAIN);
      }

      Endpoint at(Hostname name) {
        if (shape.alias()) {
          return new Endpoint.Alias(name, localTls ? HTTPS : HTTP);
        }
        return shape.passed() && localTls ? new Endpoint.Tls(name) : new Endpoint.Http(name, path);
      }
    }

    /**
     * @param port 0 for any
     */
    record Port(int port) implements Wanted {}
  }

  private final HostnameAllocator names;

  ForwardTable(HostnameAllocator names) {
    this.names = names;
  }

  Hostname domain() {
    return names.domain();
  }

  Wanted read(TcpipForward forward) throws RefusedException {
    String host = forward.host();
    if (forward.port() > MAX_PORT) {
      throw refused(
          RefusalCode.PORT_INVALID, "port " + forward.port() + " is none; the highest is 65535");
    }
    int port = (int) forward.port();
    boolean http = port == HTTP || port == HTTPS;
    int slash = host.indexOf('/');
    if (slash >= 0 && host.indexOf('@') < 0) {
      return withPath(host.substring(0, slash), host.substring(slash), port, http);
    }
    if (isAny(host)) {
      return http ? new Wanted.OwnName(PathPrefix.ALL, port == HTTPS) : new Wanted.Port(port);
    }
    if (isAddress(host)) {
      if (!http) {
        return new Wanted.Port(port);
      }
      if (host.equals("0.0.0.0")) {
        return new Wanted.OwnName(PathPrefix.ALL, port == HTTPS);
      }
      throw refused(
          RefusalCode.ADDRESS_NOT_ALLOWED,
          "port "
              + port
              + " is shared by name and not bound on "
              + Untrusted.harmless(host)
              + "; ask for -R "
              + port
              + ": or -R NAME:"
              + port
              + ":");
    }
    return named(host, PathPrefix.ALL, port, http);
  }

  Wanted read(Asked asked) throws RefusedException {
    return asked instanceof Asked.Tcpip tcpip ? read(tcpip.forward()) : ofSocketPath(asked.host());
  }

  /** {@code -R /foo:…} is a name: the relay has no sockets to lay there. */
  private Wanted ofSocketPath(String path) throws RefusedException {
    String label = path.startsWith("/") ? path.substring(1) : path;
    if (!path.startsWith("/") || label.isEmpty() || label.indexOf('/') >= 0) {
      throw refused(
          RefusalCode.NAME_INVALID,
          "'-R "
              + InvalidValue.shown(path)
              + ":': a path stands for a name here, as in -R /foo:, and not for a socket");
    }
    if (label.indexOf('@') >= 0) {
      throw notYet(Lines.withoutPassword(label), "access rules");
    }
    return new Wanted.Name(new Endpoint.Http(names.chosen(label), PathPrefix.ALL), false);
  }

  private Wanted withPath(String host, String path, int port, boolean http)
      throws RefusedException {
    if (!http) {
      throw refused(
          RefusalCode.NAME_INVALID,
          "'"
              + InvalidValue.shown(host + path + ":" + port)
              + "': a path goes with port 80 or 443");
    }
    PathPrefix prefix;
    try {
      prefix = PathPrefix.of(path);
    } catch (InvalidValue e) {
      throw refused(RefusalCode.NAME_INVALID, String.valueOf(e.getMessage()));
    }
    return isAny(host)
        ? new Wanted.OwnName(prefix, port == HTTPS)
        : named(host, prefix, port, true);
  }

  private static boolean isAny(String host) {
    return host.isEmpty() || host.equals("*") || LOCALHOST.equals(Hostname.parse(host));
  }

  private Wanted named(String host, PathPrefix path, int port, boolean http)
      throws RefusedException {
    if (host.indexOf('@') >= 0) {
      throw notYet(Lines.withoutPassword(host), "access rules");
    }
    Hostname full = Hostname.parse(host);
    if (full != null && isForeign(full)) {
      if (http) {
        return new Wanted.Domain(new Endpoint.Http(full, path), port == HTTPS);
      }
      throw notYet(full + ":" + port, "private aliases of other domains");
    }
    Hostname name = names.chosen(label(host, full));
    if (http) {
      return new Wanted.Name(new Endpoint.Http(name, path), port == HTTPS);
    }
    if (port == 0) {
      throw refused(
          RefusalCode.PORT_INVALID,
          "a private alias has the port that is asked for; ask for -R "
              + name.firstLabel()
              + ":PORT:, or for -R 0: without a name");
    }
    return new Wanted.Alias(new Endpoint.Alias(name, port));
  }

  private boolean isForeign(Hostname full) {
    return full.value().indexOf('.') >= 0
        && !full.isUnder(names.domain())
        && !full.equals(names.domain());
  }

  /** What a name is called below the domain. */
  private String label(String host, @Nullable Hostname full) throws RefusedException {
    if (full != null && full.equals(names.domain())) {
      throw refused(RefusalCode.NAME_RESERVED, full + " is the relay's own domain");
    }
    if (full == null || full.value().indexOf('.') < 0) {
      return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }
    String label =
        full.value().substring(0, full.value().length() - names.domain().value().length() - 1);
    if (label.indexOf('.') >= 0) {
      throw refused(
          RefusalCode.NAME_INVALID, "'" + full + "': a name has one label below " + names.domain());
    }
    return label;
  }

  static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  static RefusedException refused(RefusalCode code, String message) {
    return new RefusedException(new Refusal(code, message));
  }

  private static RefusedException notYet(String value, String what) {
    String shown = value.length() > 80 ? value.substring(0, 80) + "…" : value;
    return refused(
        RefusalCode.NOT_SUPPORTED_YET,
        "'" + Untrusted.harmless(shown) + "': " + what + " are not supported yet");
  }
}
