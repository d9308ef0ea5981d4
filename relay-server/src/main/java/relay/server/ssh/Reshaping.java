package relay.server.ssh;

import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PathPrefix;
import relay.common.endpoint.RefusalCode;
import relay.server.ssh.ForwardTable.Wanted;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Shape;

/** What the owner's words make of what a forward asks for. */
final class Reshaping {

  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  private Reshaping() {}

  /**
   * Words for another kind of forward change nothing: they are for all of a session.
   *
   * @throws RefusedException where there is no such thing
   */
  static Wanted of(Wanted wanted, Shape shape) throws RefusedException {
    if (wanted instanceof Wanted.Name name) {
      Hostname host = name.endpoint().host();
      PathPrefix path = name.endpoint().path();
      if (shape.alias()) {
        whole(path, "tcp-alias");
        return new Wanted.Alias(new Endpoint.Alias(host, name.localTls() ? HTTPS : HTTP));
      }
      return shape.passed() && name.localTls() ? passed(host, path, false) : wanted;
    }
    if (wanted instanceof Wanted.Domain domain) {
      Hostname host = domain.endpoint().host();
      if (shape.alias()) {
        throw ForwardTable.refused(
            RefusalCode.NOT_SUPPORTED_YET,
            "'tcp-alias=true': private aliases of other domains, such as "
                + host
                + ", are not supported yet");
      }
      return shape.passed() && domain.localTls()
          ? passed(host, domain.endpoint().path(), true)
          : wanted;
    }
    if (wanted instanceof Wanted.OwnName own) {
      if (shape.alias()) {
        whole(own.path(), "tcp-alias");
      } else if (shape.passed() && own.localTls()) {
        whole(own.path(), "sni-proxy");
      }
      return new Wanted.OwnName(own.path(), own.localTls(), shape);
    }
    return wanted;
  }

  private static Wanted passed(Hostname host, PathPrefix path, boolean foreign)
      throws RefusedException {
    whole(path, "sni-proxy");
    return new Wanted.Passed(new Endpoint.Tls(host), foreign);
  }

  private static void whole(PathPrefix path, String word) throws RefusedException {
    if (!path.equals(PathPrefix.ALL)) {
      throw ForwardTable.refused(
          RefusalCode.OPTION_INVALID,
          "'" + word + "=true' is for whole names; it cannot be had with the path " + path);
    }
  }
}
