package relay.client.session;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import relay.client.local.ConnectFailure;
import relay.client.local.Dialer;
import relay.client.local.LocalAddress;
import relay.client.local.LocalService;
import relay.common.ssh.KeyFiles;
import relay.common.ssh.KnownHosts;

/**
 * A tunnel that comes back: one session after another until the user has enough or trying again is
 * of no use. All on one event loop; what blocks, files, names and questions, on the dialer's own
 * thread.
 */
public final class Reconnect {

  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** So often a port that we had is asked for again, before any other will do. */
  private static final int SAME_PORT_TRIES = 5;

  private final Settings settings;
  private final Dialer dialer = new Dialer();
  private final EventLoop loop = dialer.loop();
  private final LocalService local;
  private final Consumer<TunnelEvent> listener;
  private final Backoff backoff = new Backoff(() -> ThreadLocalRandom.current().nextDouble());
  private final Promise<Void> ended = loop.newPromise();
  private final Set<String> reasonsTold = new HashSet<>();
  private Forward forward;
  private @Nullable Identities identities;
  private @Nullable Session session;
  private boolean stopping;
  private boolean wasOpen;
  private boolean isOpen;
  private boolean unlocked;
  private int refusals;
  private long started;

  /**
   * @param listener called on the event loop; does not block
   */
  public Reconnect(Settings settings, LocalAddress local, Consumer<TunnelEvent> listener) {
    this.settings = settings;
    this.forward = settings.forward();
    this.listener = listener;
    this.local =
        new LocalService(
            dialer,
            local,
            state -> listener.accept(new TunnelEvent.Local(state.up(), state.line())));
  }

  /** Any thread. */
  public void start() {
    loop.execute(this::prepare);
  }

  /**
   * Ends the tunnel and says goodbye to the server. Any thread.
   *
   * @return done once the connection is closed
   */
  public Future<Void> stop() {
    loop.execute(() -> {
      stopping = true;
      if (session == null) {
        end(new TunnelEvent.Ended(TunnelEvent.Reason.STOPPED, "", null));
      } else {
        session.end(new SessionEnd.Lost(""));
      }
    });
    return ended;
  }

  /** What a session needs that may block to get. */
  private record Prepared(
      List<InetSocketAddress> addresses, Identities identities, HostKeyCheck hostKey) {}

  private void prepare() {
    dialer
        .blocking(this::prepared)
        .addListener((Future<Prepared> result) -> {
          if (stopping) {
            return;
          }
          if (result.isSuccess()) {
            identities = result.getNow().identities();
            connect(result.getNow());
          } else {
            retry(cannotReach(result.cause()));
          }
        });
  }

  /** Keys are read once: a passphrase is asked for once. */
  private Prepared prepared() throws Exception {
    Path ssh = settings.sshDirectory();
    Path file = ssh.resolve("known_hosts");
    KnownHosts known = KnownHosts.read(List.of(file, ssh.resolve("known_hosts2")));
    Person person = settings.person();
    return new Prepared(
        Dialer.resolve(settings.server().host(), settings.server().port()),
        identities == null ? Identities.load(settings, KeyFiles.Passphrase.NONE) : identities,
        new HostKeyCheck(settings.server(), known, file, settings.acceptNew(), person.isThere()));
  }

  private void connect(Prepared with) {
    dialer
        .dial(with.addresses(), CONNECT)
        .addListener((Future<Channel> dialed) -> {
          if (!dialed.isSuccess()) {
            retry(cannotReach(dialed.cause()));
          } else if (stopping) {
            dialed.getNow().close();
          } else {
            run(dialed.getNow(), with);
          }
        });
  }

  private String cannotReach(Throwable cause) {
    return "cannot reach " + settings.server() + ": " + ConnectFailure.words(cause);
  }

  private void run(Channel channel, Prepared with) {
    started = System.nanoTime();
    isOpen = false;
    Session made =
        new Session(
            channel,
            settings,
            forward,
            with.identities(),
            with.hostKey(),
            local,
            event -> happened(event, with.hostKey()));
    session = made;
    made.start(this::sessionEnded);
  }

  private void happened(TunnelEvent event, HostKeyCheck hostKey) {
    if (event instanceof TunnelEvent.Open open) {
      wasOpen = true;
      isOpen = true;
      refusals = 0;
      reasonsTold.clear();
      forward = forward.again(open.port());
      if (hostKey.isNew()) {
        remember(hostKey);
      }
    }
    listener.accept(event);
  }

  private void remember(HostKeyCheck hostKey) {
    dialer
        .blocking(hostKey::remember)
        .addListener((Future<String> written) ->
            listener.accept(
                new TunnelEvent.Notice(
                    written.isSuccess()
                        ? written.getNow()
                        : "the host key cannot be kept: " + written.cause().getMessage())));
  }

  private void sessionEnded(SessionEnd end) {
    session = null;
    if (isOpen) {
      backoff.ended(Duration.ofNanos(System.nanoTime() - started));
    }
    if (stopping) {
      end(new TunnelEvent.Ended(TunnelEvent.Reason.STOPPED, "", null));
    } else if (end instanceof SessionEnd.Lost lost) {
      retry(lost.why());
    } else if (end instanceof SessionEnd.Refused refused) {
      refused(refused.refusal());
    } else if (end instanceof SessionEnd.KeyRefused refused) {
      keyRefused(refused.why());
    } else if (end instanceof SessionEnd.Unverified unverified) {
      askAbout(unverified.check());
    } else if (end instanceof SessionEnd.Final fatal) {
      end(fatal.told());
    }
  }

  private void refused(Refusal refusal) {
    boolean ours = !forward.equals(settings.forward()); // a port that the server once chose
    refusals++;
    if (ours && (refusal.isFinal(true) || refusals >= SAME_PORT_TRIES)) {
      forward = settings.forward();
      prepare();
    } else if (refusal.isFinal(wasOpen)) {
      end(
          new TunnelEvent.Ended(
              TunnelEvent.Reason.ENDPOINT_REFUSED, refusal.message(), refusal.code()));
    } else {
      retry(refusal.message());
    }
  }

  /** Only now are passphrases asked for: the other keys may have been enough. */
  private void keyRefused(String why) {
    Identities had = identities;
    if (unlocked || had == null || had.locked().isEmpty() || !settings.person().isThere()) {
      end(new TunnelEvent.Ended(TunnelEvent.Reason.KEY_REFUSED, why, null));
      return;
    }
    unlocked = true;
    dialer
        .blocking(() -> Identities.load(settings, settings.person()::passphrase))
        .addListener((Future<Identities> loaded) -> {
          if (loaded.isSuccess() && loaded.getNow().pairs().size() > had.pairs().size()) {
            identities = loaded.getNow();
            prepare();
          } else {
            end(new TunnelEvent.Ended(TunnelEvent.Reason.KEY_REFUSED, why, null));
          }
        });
  }

  private void askAbout(HostKeyCheck hostKey) {
    dialer
        .blocking(() -> {
          boolean yes = settings.person().confirm(hostKey.question());
          if (yes) {
            hostKey.remember();
          }
          return yes;
        })
        .addListener((Future<Boolean> answer) -> {
          if (answer.isSuccess() && answer.getNow()) {
            prepare();
          } else {
            end(hostKey.notAccepted(answer.cause()));
          }
        });
  }

  private void retry(String why) {
    if (stopping) {
      return;
    }
    isOpen = false;
    if (reasonsTold.add(why)) {
      listener.accept(new TunnelEvent.Offline(why));
    }
    loop.schedule(
        () -> {
          if (!stopping) {
            prepare();
          }
        },
        backoff.next().toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void end(TunnelEvent.Ended why) {
    stopping = true;
    if (ended.trySuccess(null)) {
      listener.accept(why);
      dialer.close();
    }
  }
}
