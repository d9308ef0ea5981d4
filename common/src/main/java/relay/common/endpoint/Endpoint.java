package relay.common.endpoint;

/** A public address: what a visitor connects to. */
public sealed interface Endpoint {

  /** What no two identities may share: the hostname, or the port number. */
  Object root();

  /** A hostname, or a path below one, served by the HTTP edge. */
  record Http(Hostname host, PathPrefix path) implements Endpoint {
    public Http(Hostname host) {
      this(host, PathPrefix.ALL);
    }

    @Override
    public Object root() {
      return host;
    }

    @Override
    public String toString() {
      return host.value() + path;
    }
  }

  /** A hostname on the HTTPS listener whose TLS the local service ends, found by SNI. */
  record Tls(Hostname host) implements Endpoint {
    @Override
    public Object root() {
      return host;
    }

    @Override
    public String toString() {
      return "tls://" + host.value();
    }
  }

  /** A TCP port (1 to 65535), whatever address it is bound on. */
  record Tcp(int port) implements Endpoint {
    @Override
    public Object root() {
      return port;
    }

    @Override
    public String toString() {
      return "port " + port;
    }
  }

  /** A private name and port, reached only through the relay. */
  record Alias(Hostname name, int port) implements Endpoint {
    @Override
    public Object root() {
      return name;
    }

    @Override
    public String toString() {
      return name.value() + ":" + port;
    }
  }
}
