package relay.server.ssh;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Grants;
import relay.server.auth.Identity;
import relay.server.auth.Login;
import relay.server.tunnel.Claims;
import relay.server.tunnel.RefusedException;

/**
 * What a session's key or token lets it listen on: asked before anything is reserved. Immutable.
 */
final class ListenGrants {

  private final Login login;
  private final Grants grants;
  private final Identity identity;
  private final Hostname domain;
  private final Claims claims;

  ListenGrants(Login login, Hostname domain, Claims claims) {
    this.login = login;
    this.grants = login.grants();
    this.identity = login.identity();
    this.domain = domain;
    this.claims = claims;
  }

  /**
   * Decides on what is wanted; for a TCP port also on how it was asked for.
   *
   * @param bindHost where the port is to be bound, as the client sent it
   * @throws RefusedException where the key does not permit it
   */
  void check(Asked asked, String bindHost, ForwardTable.Wanted wanted) throws RefusedException {
    if (wanted instanceof ForwardTable.Wanted.Name name) {
      permit(grants.permitsListen(name.endpoint(), domain), name.endpoint().toString());
    } else if (wanted instanceof ForwardTable.Wanted.Domain own) {
      permit(grants.permitsListen(own.endpoint(), domain), own.endpoint().toString());
    } else if (wanted instanceof ForwardTable.Wanted.Alias alias) {
      permit(grants.permitsListen(alias.endpoint(), domain), alias.endpoint().toString());
    } else if (wanted instanceof ForwardTable.Wanted.Port port) {
      permit(
          grants.permitsListen(bindHost, port.port()), Lines.shown(bindHost) + ":" + port.port());
    } else if (wanted instanceof ForwardTable.Wanted.Passed passed) {
      checkName(passed.endpoint());
    } else {
      ForwardTable.Wanted.OwnName own = (ForwardTable.Wanted.OwnName) wanted;
      permit(claims.hasOwnName(identity, ownNames(own)), "-R " + asked.port() + ":");
    }
  }

  /**
   * Decides on what is already known by its name.
   *
   * @throws RefusedException where the key does not permit it
   */
  void checkName(Endpoint endpoint) throws RefusedException {
    permit(permitsName(endpoint), endpoint.toString());
  }

  private boolean permitsName(Endpoint endpoint) {
    if (endpoint instanceof Endpoint.Alias alias) {
      return grants.permitsListen(alias, domain);
    }
    return endpoint.root() instanceof Hostname host
        && grants.permitsListen(new Endpoint.Http(host), domain);
  }

  /** Which of the identity's own names a forward that names no host may get. */
  Predicate<Hostname> ownNames(ForwardTable.Wanted.OwnName own) {
    return own.shape().alias() ? name -> permitsName(own.at(name)) : ownNames(grants, domain);
  }

  static Predicate<Hostname> ownNames(Grants grants, Hostname domain) {
    return grants.permitsOwnNames()
        ? name -> true
        : name -> grants.permitsListen(new Endpoint.Http(name), domain);
  }

  /** Why a name or a port may not become the identity's for ever by its own word, or null. */
  @Nullable Refusal reservation(Object root) {
    boolean listed =
        root instanceof Hostname name
            ? grants.lists(name, domain)
            : root instanceof Integer port && grants.lists(port);
    if (listed) {
      return null;
    }
    String what = root instanceof Hostname name ? name.value() : "port " + root;
    return new Refusal(
        RefusalCode.NOT_PERMITTED,
        what
            + " may be reserved where permitlisten names it, without a *; your key may listen on "
            + grants.listens());
  }

  private void permit(boolean permitted, String what) throws RefusedException {
    if (!permitted) {
      throw ForwardTable.refused(
          RefusalCode.NOT_PERMITTED,
          what
              + " is not permitted by your "
              + login.proof().word()
              + ", which may listen on "
              + grants.listens());
    }
  }
}
