package relay.server.ssh;

import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.RefusalCode;
import relay.server.ssh.ForwardTable.Wanted;
import relay.server.tunnel.Claims;
import relay.server.tunnel.Claims.Claimant;
import relay.server.tunnel.Lease;
import relay.server.tunnel.LocalTls;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Shape;
import relay.server.tunnel.Tunnel;
import relay.server.tunnel.Upstream;

/** What one session asks to have, as what it is to have, and under the rights of its key. */
final class ForwardClaims {

  /** Makes a claimant of where its bytes go. */
  @FunctionalInterface
  interface Claimants {
    Claimant of(Upstream upstream);
  }

  private final SshSide side;
  private final OwnerSession owner;
  private final ListenGrants grants;
  private final Claims claims;

  ForwardClaims(SshSide side, OwnerSession owner, ListenGrants grants) {
    this.side = side;
    this.owner = owner;
    this.grants = grants;
    this.claims = side.claims();
  }

  /**
   * What a forward is to become.
   *
   * @throws RefusedException where there is no such thing, or the key does not permit it
   */
  Wanted wanted(Asked asked, Shape shape) throws RefusedException {
    Wanted wanted = Reshaping.of(side.table().read(asked), shape);
    grants.check(asked, bindHost(asked, shape), wanted);
    return wanted;
  }

  private static String bindHost(Asked asked, Shape shape) {
    String address = shape.address();
    return address == null ? asked.host() : address;
  }

  /** Claims it; what is not permitted has been refused before. */
  Future<Lease> claim(Asked asked, Wanted wanted, Shape shape, Upstream raw, Claimants claimants)
      throws RefusedException {
    if (wanted instanceof Wanted.Port port) {
      List<InetAddress> on = bindAddresses(asked, shape);
      Claimant claimant = claimants.of(raw);
      return port.port() == 0
          ? claims.anyPort(p -> BindAddresses.with(on, p), claimant)
          : claims.port(port.port(), BindAddresses.with(on, port.port()), claimant);
    }
    if (wanted instanceof Wanted.Name name) {
      Upstream to = local(name.localTls(), raw, name.endpoint().host());
      return claims.name(name.endpoint(), claimants.of(to));
    }
    if (wanted instanceof Wanted.Domain domain) {
      Hostname host = domain.endpoint().host();
      return claims.domain(
          host, domain.endpoint(), claimants.of(local(domain.localTls(), raw, host)));
    }
    if (wanted instanceof Wanted.Alias alias) {
      return claims.name(alias.endpoint(), claimants.of(raw));
    }
    if (wanted instanceof Wanted.Passed passed) {
      return passed.foreign()
          ? claims.domain(passed.endpoint().host(), passed.endpoint(), claimants.of(raw))
          : claims.name(passed.endpoint(), claimants.of(raw));
    }
    Wanted.OwnName own = (Wanted.OwnName) wanted;
    return claims.ownName(
        own::at,
        grants.ownNames(own),
        host -> claimants.of(upstream(own.at(host), own.localTls(), raw)),
        owner);
  }

  /**
   * Makes of a tunnel what its forward is to become by other words, in one step; null where it is
   * that already.
   *
   * @throws RefusedException where the key or the server does not permit it
   */
  @Nullable Future<Lease> change(
      Asked asked, Lease lease, Shape before, Shape shape, Upstream raw, Claimants claimants)
      throws RefusedException {
    Wanted wanted = wanted(asked, shape);
    Tunnel tunnel = lease.tunnel();
    if (wanted instanceof Wanted.Port) {
      if (bindHost(asked, shape).equals(bindHost(asked, before))) {
        return null;
      }
      int port = ((Endpoint.Tcp) tunnel.endpoint()).port();
      List<InetSocketAddress> on = BindAddresses.with(bindAddresses(asked, shape), port);
      return claims.move(lease, tunnel.endpoint(), on, claimants.of(raw));
    }
    Endpoint endpoint = endpoint(wanted, tunnel);
    if (endpoint.equals(tunnel.endpoint())) {
      return null;
    }
    grants.checkName(endpoint);
    boolean localTls = asked.port() == 443;
    return claims.move(lease, endpoint, List.of(), claimants.of(upstream(endpoint, localTls, raw)));
  }

  private static Endpoint endpoint(Wanted wanted, Tunnel tunnel) {
    if (wanted instanceof Wanted.Name name) {
      return name.endpoint();
    }
    if (wanted instanceof Wanted.Domain domain) {
      return domain.endpoint();
    }
    if (wanted instanceof Wanted.Alias alias) {
      return alias.endpoint();
    }
    if (wanted instanceof Wanted.Passed passed) {
      return passed.endpoint();
    }
    return ((Wanted.OwnName) wanted).at((Hostname) tunnel.endpoint().root());
  }

  /** Only what is taken apart here, as HTTP, is decrypted here. */
  private Upstream upstream(Endpoint endpoint, boolean localTls, Upstream raw) {
    return endpoint instanceof Endpoint.Http http ? local(localTls, raw, http.host()) : raw;
  }

  private Upstream local(boolean tls, Upstream raw, Hostname host) {
    return tls ? LocalTls.over(raw, host, side.localTls()) : raw;
  }

  /** Who asks by a word is told where he does not get what he would under clientspecified. */
  private List<InetAddress> bindAddresses(Asked asked, Shape shape) throws RefusedException {
    String address = shape.address();
    if (address != null && !side.binding().isSpecified()) {
      throw ForwardTable.refused(
          RefusalCode.ADDRESS_NOT_ALLOWED,
          "'tcp-address=" + address + "': the server's gateway-ports is not clientspecified");
    }
    return side.binding().of(bindHost(asked, shape));
  }
}
