package relay.server.tunnel;

import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/** Why somebody does not get an endpoint, as he is told it: to users without whose it is. */
final class Conflict {

  private Conflict() {}

  /** Another identity has it. */
  static Refusal taken(Endpoint endpoint, Entry entry, boolean quarantined) {
    boolean port = endpoint instanceof Endpoint.Tcp;
    if (entry.reserved()) {
      return new Refusal(
          port ? RefusalCode.PORT_TAKEN : RefusalCode.NAME_TAKEN,
          endpoint + " is reserved for another key; ask for another");
    }
    if (quarantined) {
      return new Refusal(
          RefusalCode.NAME_HELD, endpoint + " was another key's own name of late; ask for another");
    }
    if (entry.live().isEmpty()) {
      return new Refusal(
          port ? RefusalCode.PORT_HELD : RefusalCode.NAME_HELD,
          endpoint + " is kept for its last owner; ask for another, or wait");
    }
    return new Refusal(
        port ? RefusalCode.PORT_TAKEN : RefusalCode.NAME_TAKEN,
        endpoint + " belongs to another key; ask for another");
  }

  /**
   * Another identity has what is to be reserved.
   *
   * @param byOneself whether it is not the operator who asks, who may know whose it is
   */
  static Refusal reservation(Object root, String shown, Entry entry, boolean byOneself) {
    return new Refusal(
        root instanceof Integer ? RefusalCode.PORT_TAKEN : RefusalCode.NAME_TAKEN,
        shown
            + " belongs to "
            + (byOneself
                ? "another key; ask for another"
                : entry.owner().id() + "; release it first"));
  }

  /** The session has it. */
  static Refusal twice(Endpoint endpoint) {
    return new Refusal(
        endpoint instanceof Endpoint.Tcp ? RefusalCode.PORT_TWICE : RefusalCode.NAME_TWICE,
        endpoint + " is forwarded in this session already");
  }

  /** The session had it. */
  static Refusal gone(Tunnel tunnel) {
    return new Refusal(
        RefusalCode.TAKEN_OVER,
        tunnel.endpoint() + " went to another session of your key, or was released");
  }
}
