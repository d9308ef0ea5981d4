package relay.server.ssh;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import relay.common.config.Version;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.SshStreamChannel;
import relay.server.auth.AuditEvent;
import relay.server.auth.Grants;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Tunnel;

/** What one session's commands answer. On the session's event loop. */
final class OwnerCommands {

  private final SshSide side;
  private final OwnerSession owner;
  private final Grants grants;
  private final ListenGrants listen;

  OwnerCommands(SshSide side, OwnerSession owner, Grants grants, ListenGrants listen) {
    this.side = side;
    this.owner = owner;
    this.grants = grants;
    this.listen = listen;
  }

  Reply help() {
    List<String> lines = new ArrayList<>();
    List<Map<String, ?>> objects = new ArrayList<>();
    lines.add(
        "commands, as in ssh HOST ls; " + ConsoleCommand.JSON + " behind one: one object a line");
    for (ConsoleCommand command : ConsoleCommand.ALL) {
      lines.add(String.format(Locale.ROOT, "  %-22s %s", command.usage(), command.meaning()));
      objects.add(Map.of("command", command.usage(), "meaning", command.meaning()));
    }
    lines.add("options, for all tunnels of a session, as in ssh -R 80:localhost:3000 HOST OPTION");
    for (SessionOption option : SessionOption.ALL) {
      if (!option.meaning().isEmpty()) { // else another spelling, or not built yet
        String meaning = option.meaning().replace("`", "");
        lines.add(String.format(Locale.ROOT, "  %-22s %s", option.name() + "=", meaning));
        objects.add(Map.of("option", option.name(), "meaning", meaning));
      }
    }
    return new Reply(lines, objects);
  }

  Reply whoami() {
    AuditEvent.Who who = owner.who();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("identity", who.identity());
    object.put("fingerprint", who.fingerprint());
    object.put("user", who.user());
    object.put("source", who.source());
    object.put("port", who.port());
    object.put("console", grants.console());
    object.put("listen", grants.listens());
    object.put("open", grants.opens());
    return ofOne(object);
  }

  /** The tunnels of the identity, in whatever session, by their public addresses. */
  private List<Tunnel> tunnels() {
    return side.claims().tunnels(owner.identity()).stream()
        .sorted(Comparator.comparing(this::address))
        .toList();
  }

  private String address(Tunnel tunnel) {
    return side.urls().of(tunnel.endpoint()).address();
  }

  Reply list() {
    List<String> lines = new ArrayList<>();
    List<Map<String, ?>> objects = new ArrayList<>();
    for (Tunnel tunnel : tunnels()) {
      String since = tunnel.since().truncatedTo(ChronoUnit.SECONDS).toString();
      lines.add(
          tunnel.endpoint()
              + "  "
              + address(tunnel)
              + "  since "
              + since
              + "  visitors "
              + tunnel.visitCount());
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("endpoint", tunnel.endpoint().toString());
      object.put("url", address(tunnel));
      object.put("since", since);
      object.put("visitors", tunnel.visitCount());
      objects.add(object);
    }
    return new Reply(lines, objects);
  }

  /** Ends what has the name: one tunnel, or several that share it. */
  Reply remove(String name) throws RefusedException {
    List<Tunnel> found =
        tunnels().stream().filter(tunnel -> isCalled(tunnel.endpoint(), name)).toList();
    if (found.isEmpty()) {
      throw new RefusedException(
          new Refusal(
              RefusalCode.NO_SUCH_TUNNEL,
              "'" + Lines.shown(name) + "' is no tunnel of yours; ls lists them"));
    }
    List<String> lines = new ArrayList<>();
    List<Map<String, ?>> objects = new ArrayList<>();
    for (Tunnel tunnel : found) {
      Refusal why =
          new Refusal(
              RefusalCode.TUNNEL_REMOVED,
              tunnel.endpoint() + " was ended from another session of your key");
      tunnel.holder().lost(tunnel, why);
      lines.add(tunnel.endpoint() + " is ended");
      objects.add(Map.of("removed", tunnel.endpoint().toString()));
    }
    return new Reply(lines, objects);
  }

  /**
   * A name or a port that the key's line names becomes its owner's for ever.
   *
   * @param word {@code pool=true}, {@code pool=false} or nothing
   */
  CompletableFuture<Reply> reserve(String name, String word) throws RefusedException {
    Boolean pool =
        switch (word) {
          case "" -> null;
          case "pool=true" -> true;
          case "pool=false" -> false;
          default ->
              throw new RefusedException(
                  new Refusal(
                      RefusalCode.OPTION_INVALID,
                      "'" + Lines.shown(word) + "': expected pool=true or pool=false"));
        };
    return side.claims()
        .reserve(name, owner.identity(), pool, listen::reservation)
        .whenComplete((reserved, failure) -> {
          Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
          if (cause instanceof RefusedException refused) {
            owner.audit(AuditEvent.Kind.REFUSAL, Lines.cut(name), refused.refusal());
          }
        })
        .thenApply(reserved ->
            new Reply(
                List.of("relay: " + reserved + " is reserved for you"),
                List.of(Map.of("reserved", reserved))));
  }

  /** A name or a port is given up, of a live tunnel or held. */
  CompletableFuture<Reply> release(String name) {
    return side.claims()
        .release(name, owner.identity())
        .thenApply(released -> {
          if (!released.live()) { // else the sessions of its tunnels tell
            owner.audit(AuditEvent.Kind.CANCEL, released.name(), null);
          }
          return new Reply(
              List.of("relay: " + released.name() + " is released"),
              List.of(Map.of("released", released.name())));
        });
  }

  /** By the endpoint as it is listed, its label or port, or its public address. */
  private boolean isCalled(Endpoint endpoint, String name) {
    int slash = name.indexOf('/');
    String canonical =
        slash < 0
            ? name.toLowerCase(Locale.ROOT)
            : name.substring(0, slash).toLowerCase(Locale.ROOT) + name.substring(slash);
    if (canonical.equals(endpoint.toString()) || name.equals(side.urls().of(endpoint).address())) {
      return true;
    }
    if (endpoint instanceof Endpoint.Http http) {
      return http.host().isUnder(side.urls().domain())
          && canonical.equals(http.host().firstLabel() + http.path());
    }
    if (endpoint instanceof Endpoint.Tls tls) {
      return canonical.equals(tls.host().value())
          || (tls.host().isUnder(side.urls().domain())
              && canonical.equals(tls.host().firstLabel()));
    }
    return endpoint instanceof Endpoint.Tcp tcp && name.equals(Integer.toString(tcp.port()));
  }

  /**
   * What happened of late.
   *
   * @param name of the tunnels that are meant, as for {@link #remove}; empty for all
   */
  Reply logs(String name) {
    List<String> lines = new ArrayList<>();
    List<Map<String, ?>> objects = new ArrayList<>();
    for (LoggedEvent event : side.events().of(owner.identity())) {
      if (isAbout(event, name)) {
        lines.add(event.line());
        objects.add(event.object());
      }
    }
    return new Reply(lines, objects);
  }

  /** As {@link #logs}, to the stream, and goes on until that closes. */
  void follow(ConsoleCommand.Typed typed, SshStreamChannel stream, String newline) {
    LogFollower follower =
        new LogFollower(
            stream,
            event ->
                new Reply(List.of(event.line()), List.of(event.object()))
                    .text(typed.json(), newline),
            missed ->
                new Reply(
                        List.of("… " + missed + " lines were left out"),
                        List.of(Map.of("event", "missed", "count", missed)))
                    .text(typed.json(), newline));
    String name = typed.word(0);
    Runnable end =
        side.events()
            .follow(
                owner.identity(),
                event -> {
                  if (isAbout(event, name)) {
                    follower.accept(event);
                  }
                });
    stream.closeFuture().addListener(closed -> end.run());
  }

  private boolean isAbout(LoggedEvent event, String name) {
    if (name.isEmpty()) {
      return true;
    }
    if (event instanceof LoggedEvent.Visited visited) {
      return isCalled(visited.endpoint(), name);
    }
    LoggedEvent.Refused refused = (LoggedEvent.Refused) event;
    String asked = refused.name();
    String wanted = name.toLowerCase(Locale.ROOT);
    return refused.about().equalsIgnoreCase(name)
        || asked.equals(wanted)
        || asked.equals(wanted + "." + side.urls().domain())
        || wanted.equals(asked + "." + side.urls().domain());
  }

  Reply stats() {
    List<Tunnel> tunnels = tunnels();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("tunnels", tunnels.size());
    object.put("sessions", tunnels.stream().map(Tunnel::holder).distinct().count());
    object.put("visitors", tunnels.stream().mapToLong(Tunnel::visitCount).sum());
    object.put("server", Version.current());
    return ofOne(object);
  }

  private static Reply ofOne(Map<String, Object> object) {
    List<String> lines = new ArrayList<>();
    object.forEach((key, value) -> lines.add(key + ": " + value));
    return new Reply(lines, List.of(object));
  }
}
