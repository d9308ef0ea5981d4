package relay.server.auth;

import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Endpoint;
import relay.common.endpoint.Hostname;

/**
 * What a key may do, by its line in {@code authorized_keys}, with the meaning that sshd(8) gives to
 * its options. The server's configuration may allow less, never more. Immutable; any thread.
 */
public final class Grants {

  /** Of a line without options. */
  public static final Grants ALL = new Draft().grants();

  /**
   * Of who has neither key nor token: all that the server lets everybody, but no name that he
   * chooses, since nobody could tell his from a stranger's.
   */
  static final Grants ANONYMOUS = anonymous();

  private final boolean console;
  private final boolean forwarding;
  private final boolean choice;
  private final List<ListenPattern> listen;
  private final List<OpenTarget> open;
  private final @Nullable Sources sources;
  private final @Nullable Instant expiry;

  private Grants(Draft draft) {
    this.console = draft.console;
    this.forwarding = draft.forwarding;
    this.choice = draft.choice;
    this.listen = List.copyOf(draft.listen);
    this.open = List.copyOf(draft.open);
    this.sources = draft.sources;
    this.expiry = draft.expiry;
  }

  /** What the options of a line say, one after the other. */
  static final class Draft {
    boolean authority;
    final List<String> principals = new ArrayList<>();
    boolean console = true;
    boolean forwarding = true;
    boolean choice = true;
    final List<ListenPattern> listen = new ArrayList<>();
    final List<OpenTarget> open = new ArrayList<>();
    @Nullable Sources sources;
    private @Nullable Instant expiry;

    /** Of several, the earliest counts. */
    void expiry(Instant time) {
      expiry = expiry == null || time.isBefore(expiry) ? time : expiry;
    }

    Grants grants() {
      return new Grants(this);
    }
  }

  private static Grants anonymous() {
    Draft draft = new Draft();
    draft.choice = false;
    return draft.grants();
  }

  /** Whether a shell of its own is given; {@code command=} takes it away. */
  public boolean console() {
    return console;
  }

  /** Whether anything may be forwarded, in either direction. */
  public boolean forwarding() {
    return forwarding;
  }

  /** Whether the key is good now, for who comes from there. */
  boolean hold(InetAddress from, Instant now) {
    return !hasExpired(now) && (sources == null || sources.contain(from));
  }

  /**
   * Whether a name may be listened on, which is decided on what it is, not on how it was written.
   *
   * @param domain what names are below
   */
  public boolean permitsListen(Endpoint.Http name, Hostname domain) {
    return forwarding
        && choice
        && (listen.isEmpty() || listen.stream().anyMatch(one -> one.matches(name, domain)));
  }

  /** As for a name of the HTTP edge, with the alias's own port. */
  public boolean permitsListen(Endpoint.Alias name, Hostname domain) {
    return forwarding
        && choice
        && (listen.isEmpty() || listen.stream().anyMatch(one -> one.matches(name, domain)));
  }

  /**
   * Whether a TCP port may be listened on, by sshd's rule.
   *
   * @param host the address to bind as the client sent it
   * @param port the port as the client sent it, 0 for any
   */
  public boolean permitsListen(String host, int port) {
    return forwarding
        && (listen.isEmpty() || listen.stream().anyMatch(one -> one.matchesPort(host, port)));
  }

  /** Whether all names of the identity's own may be listened on, by a plain {@code -R 80:}. */
  public boolean permitsOwnNames() {
    return forwarding
        && (listen.isEmpty() || listen.stream().anyMatch(ListenPattern::matchesOwnNames));
  }

  /**
   * Whether a {@code permitopen} of the key lists this very target ({@code -L}, {@code -D}, {@code
   * -W}). False for a key without {@code permitopen}, which has listed nothing; {@link
   * #forbidsOpen} is for what needs no listing.
   *
   * @param host a name or an address, in any spelling
   */
  public boolean permitsOpen(String host, int port) {
    return forwarding && open.stream().anyMatch(one -> one.matches(host, port));
  }

  /** As {@link #permitsOpen}, by the target's own name: {@code *} is for others too. */
  public boolean namesOpen(String host, int port) {
    return forwarding && open.stream().anyMatch(one -> one.names(host, port));
  }

  /**
   * Whether the key may not open the target even where the server lets everybody: it may forward
   * nothing, or has {@code permitopen}s and none is for the target.
   *
   * @param host a name or an address, in any spelling
   */
  public boolean forbidsOpen(String host, int port) {
    return !forwarding || (!open.isEmpty() && !permitsOpen(host, port));
  }

  /**
   * Whether a {@code permitlisten} of the key names this very name, in whatever form; one that only
   * looks alike ({@code shop-*}), or none at all, does not.
   */
  public boolean lists(Hostname name, Hostname domain) {
    return forwarding && listen.stream().anyMatch(one -> one.names(name, domain));
  }

  /** As for a name, of a TCP port. */
  public boolean lists(int port) {
    return forwarding && listen.stream().anyMatch(one -> one.names(port));
  }

  /** What may be listened on, for people. */
  public String listens() {
    return choice ? shown(listen) : "names of its own, and TCP ports";
  }

  /** What may be opened where it has to be listed, for people. */
  public String opens() {
    return open.isEmpty() ? "nothing" : shown(open);
  }

  private String shown(List<?> listed) {
    if (!forwarding) {
      return "nothing";
    }
    return listed.isEmpty()
        ? "anything"
        : String.join(", ", listed.stream().map(Object::toString).toList());
  }

  /** These, without forwarding or a console where a certificate does not give it. */
  Grants within(boolean mayForward, boolean mayHaveConsole) {
    Draft draft = new Draft();
    draft.console = console && mayHaveConsole;
    draft.forwarding = forwarding && mayForward;
    draft.choice = choice;
    draft.listen.addAll(listen);
    draft.open.addAll(open);
    draft.sources = sources;
    draft.expiry = expiry;
    return draft.grants();
  }

  /** Whether their time is over, wherever who has them comes from. */
  boolean hasExpired(Instant now) {
    return expiry != null && !now.isBefore(expiry);
  }

  /** Whether time alone may end them. */
  boolean expires() {
    return expiry != null;
  }

  /** Whether who has these may do all that who has {@code other} may. */
  boolean cover(Grants other) {
    return (console || !other.console)
        && (!other.forwarding || (forwarding && coverListen(other) && coverOpen(other)));
  }

  private boolean coverListen(Grants other) {
    return listen.isEmpty() || (!other.listen.isEmpty() && listen.containsAll(other.listen));
  }

  /** To list more permits more; but a first listing forbids the rest, and the last one too. */
  private boolean coverOpen(Grants other) {
    return open.isEmpty() == other.open.isEmpty() && open.containsAll(other.open);
  }

  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof Grants other
        && console == other.console
        && forwarding == other.forwarding
        && choice == other.choice
        && listen.equals(other.listen)
        && open.equals(other.open)
        && Objects.equals(sources, other.sources)
        && Objects.equals(expiry, other.expiry);
  }

  @Override
  public int hashCode() {
    return Objects.hash(console, forwarding, choice, listen, open, sources, expiry);
  }

  @Override
  public String toString() {
    return "listens on " + listens() + ", opens " + opens() + (console ? "" : ", no console");
  }
}
