package relay.server;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.PortRanges;
import relay.common.http.HeadLimits;
import relay.common.ssh.HostKey;
import relay.common.stream.Transport;
import relay.server.admin.AdminListener;
import relay.server.admin.AdminSocket;
import relay.server.admin.NameRequests;
import relay.server.admin.OperatorRequests;
import relay.server.admin.TokenRequests;
import relay.server.auth.Anonymous;
import relay.server.auth.AskedKeys;
import relay.server.auth.AuthThrottle;
import relay.server.auth.FirstKey;
import relay.server.auth.KeySources;
import relay.server.auth.LetIn;
import relay.server.auth.LiveKeyRing;
import relay.server.auth.TokenStore;
import relay.server.config.DnsServer;
import relay.server.config.KeyCommand;
import relay.server.config.Limits;
import relay.server.config.ListenAddress;
import relay.server.config.ServerConfig;
import relay.server.edge.http.HttpConfig;
import relay.server.edge.http.HttpEdge;
import relay.server.edge.http.HttpLimits;
import relay.server.edge.http.Routes;
import relay.server.edge.tcp.TcpEdge;
import relay.server.edge.tls.Certificates;
import relay.server.edge.tls.TlsTermination;
import relay.server.ssh.OutsideHosts;
import relay.server.ssh.PublicUrls;
import relay.server.ssh.SshListener;
import relay.server.ssh.SshServices;
import relay.server.tunnel.Claims;
import relay.server.tunnel.HostnameAllocator;
import relay.server.tunnel.NameStore;
import relay.server.tunnel.OwnDomains;
import relay.server.tunnel.PortAllocator;
import relay.server.tunnel.Reservations;
import relay.server.tunnel.TunnelRegistry;
import relay.server.tunnel.TxtRecords;

/**
 * The whole server: everything is made here, by constructor, and given to what uses it.
 *
 * <p>Event loops: one thread accepts, and as many as there are processors serve. A visitor of a TCP
 * tunnel is served on the loop of the owner's session.
 */
public final class RelayServer {

  private static final Duration SWEEP = Duration.ofMinutes(1);

  private final ServerConfig config;
  private final EventLoopGroup workers;
  private final FirstKey firstKey;
  private final LiveKeyRing ring;
  private final TunnelRegistry registry;
  private final TcpEdge tcp;
  private final HttpEdge http;
  private final @Nullable HttpEdge https;
  private final SshListener ssh;
  private final AdminSocket control;
  private final TxtRecords records;
  private final Lifecycle lifecycle;
  private final Map<String, List<InetSocketAddress>> bound = new ConcurrentHashMap<>();

  /**
   * Reads keys and names from the disk, but listens nowhere yet.
   *
   * @param sshDirectory {@code ~/.ssh} of who runs the server, or null for none
   * @throws StartFailure where a file is missing or wrong; the message names it
   */
  RelayServer(ServerConfig config, DataDir directory, @Nullable Path sshDirectory)
      throws StartFailure {
    this.config = config;
    HostKey hostKey;
    NameStore store;
    TokenStore tokens;
    Certificates certificates = null;
    try {
      if (config.https().listen().isOn()) {
        certificates = Certificates.read(config.https().certificate(), config.https().key());
      }
      hostKey = HostKey.in(directory.path());
      firstKey = FirstKey.in(directory.path());
      ring =
          new LiveKeyRing(
              new KeySources(
                  firstKey,
                  sshDirectory,
                  config.ssh().authorizedKeys(),
                  config.ssh().revokedKeys(),
                  askedKeys(config)));
      tokens = directory.closing(TokenStore.open(directory.path()));
      store = directory.closing(NameStore.open(directory.path()));
    } catch (IOException e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }

    Transport transport = Transport.best();
    workers = transport.group("relay", Runtime.getRuntime().availableProcessors());

    registry = TunnelRegistry.of(config.limits(), store, System::nanoTime);
    HostnameAllocator names = new HostnameAllocator(config.domain(), store, registry::isReserved);
    PortAllocator ports =
        new PortAllocator(
            new PortRanges(List.of(config.tcp().ports())), config.tcp().allow(), this::isOurs);
    tcp = new TcpEdge(workers.next(), transport);
    records =
        new TxtRecords(
            workers.next(),
            transport.datagramChannel(),
            transport.socketChannel(),
            config.dns().servers().stream().map(DnsServer::address).toList(),
            config.limits().dnsTimeout());
    OwnDomains domains = new OwnDomains(config.domain(), registry, records);
    Claims claims =
        new Claims(registry, names, ports, tcp, domains, config.limits().takeoverProbe());
    http = new HttpEdge(transport, workers, Routes.of(registry), httpConfig("http"), null);
    if (certificates == null) {
      https = null;
    } else {
      TlsTermination tls = new TlsTermination(certificates, config.limits().tlsHandshake());
      https = new HttpEdge(transport, workers, Routes.of(registry), httpConfig("https"), tls);
      certificates.watch(workers);
    }
    ssh =
        new SshListener(
            transport,
            workers,
            new SshServices(
                config,
                registry,
                claims,
                names,
                this::publicUrls,
                http,
                https,
                OutsideHosts.of(config.ssh().permitOpen(), this::isOurs, transport),
                new LetIn(ring, tokens, anonymous(config)),
                hostKey),
            new AuthThrottle(
                config.limits(),
                config.ssh().exemptSources(),
                System::nanoTime,
                new SplittableRandom()),
            config.limits().loginGrace());
    control =
        directory.closing(
            new AdminSocket(
                directory.path(),
                transport,
                workers,
                new OperatorRequests(
                    new NameRequests(new Reservations(registry, names)),
                    new TokenRequests(tokens))));
    ring.watch(workers);
    AdminListener admin = new AdminListener(transport, workers, this::ready);

    // In the order of their start; they close in the opposite one.
    List<Part> parts = new ArrayList<>();
    parts.add(
        part(
            "admin",
            config.admin().listen(),
            admin::bind,
            RelayServer::nothingToDo, // it tells that the server drains
            RelayServer::nothingToDo,
            admin::close));
    parts.add(part("http", config.http().listen(), http));
    if (https != null) {
      parts.add(part("https", config.https().listen(), https));
    }
    parts.add(
        part(
            "ssh",
            config.ssh().listen(),
            ssh::bind,
            () -> both(ssh.stopAccepting(), tcp.stopAccepting()),
            RelayServer::nothingToDo, // its streams carry the requests that drain
            ssh::close));
    lifecycle =
        new Lifecycle(
            directory,
            config.domain().value(),
            parts,
            () -> List.of(hostKey.fingerprint()),
            config.limits().drain());
    workers.scheduleWithFixedDelay(
        registry::sweep, SWEEP.toSeconds(), SWEEP.toSeconds(), TimeUnit.SECONDS);
    long recheck = config.limits().domainRecheck().toMillis();
    workers.scheduleWithFixedDelay(domains::recheck, recheck, recheck, TimeUnit.MILLISECONDS);
  }

  private static @Nullable AskedKeys askedKeys(ServerConfig config) {
    KeyCommand command = config.ssh().authorizedKeysCommand();
    return command == null
        ? null
        : new AskedKeys(command, config.limits().keyCommand(), config.limits().keyCommandKept());
  }

  private static Anonymous anonymous(ServerConfig config) {
    return config.ssh().anonymous()
        ? Anonymous.anybody(config.limits().anonymousPerSource())
        : Anonymous.NOBODY;
  }

  private interface Bind {
    Future<List<InetSocketAddress>> to(List<InetSocketAddress> addresses);
  }

  private interface Step {
    Future<?> take();
  }

  private Part part(String name, ListenAddress listen, HttpEdge edge) {
    return part(name, listen, edge::bind, edge::stopAccepting, edge::drain, edge::close);
  }

  private Part part(
      String name, ListenAddress listen, Bind bind, Step stopAccepting, Step drain, Step close) {
    return new Part(
        name,
        name + ".listen",
        () ->
            bind.to(listen.resolve())
                .addListener((Future<List<InetSocketAddress>> done) -> {
                  if (done.isSuccess()) {
                    bound.put(name, done.getNow());
                  }
                }),
        stopAccepting::take,
        drain::take,
        close::take);
  }

  private HttpConfig httpConfig(String scheme) {
    Limits limits = config.limits();
    return new HttpConfig(
        scheme,
        config.domain(),
        config.http().trustedProxies(),
        () -> publicUrls().httpsPort(),
        new HttpLimits(
            new HeadLimits(
                limits.requestTarget().toInt(), limits.headerLines(), limits.headerSize().toInt()),
            new HttpLimits.Bodies(
                limits.requestBody().bytes(), limits.bodyRate().bytes(), limits.bodyWindow()),
            limits.headerTimeout(),
            limits.httpIdle(),
            config.http().upstreamTimeout(),
            limits.sendTimeout(),
            limits.upstreamIdle(),
            HttpLimits.defaults().linger(),
            limits.drain()));
  }

  /** Completes when all listeners are bound and {@code run.json} is written. */
  public CompletableFuture<Void> start() {
    return control.open().thenCompose(open -> lifecycle.start());
  }

  /** Lets requests in flight end, then closes everything; completes when nothing is left. */
  public CompletableFuture<Void> stop() {
    return lifecycle
        .stop()
        .whenComplete((done, failure) -> {
          records.close();
          workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        });
  }

  /** What to give to {@code ssh -i} where ssh has no key by itself that is let in. Blocking. */
  Optional<Path> firstKeyHint(@Nullable Path sshDirectory, @Nullable Path agentSocket) {
    return firstKey.hint(ring.get(), sshDirectory, agentSocket);
  }

  private boolean ready() {
    return lifecycle.ready();
  }

  /** The first address that a listener is bound on. */
  InetSocketAddress address(String listener) {
    return bound.getOrDefault(listener, List.of()).get(0);
  }

  private boolean isOurs(int port) {
    return bound.values().stream().flatMap(List::stream).anyMatch(a -> a.getPort() == port);
  }

  private PublicUrls publicUrls() {
    return PublicUrls.of(
        config.domain(),
        port("http", config.http().listen()),
        port("https", config.https().listen()),
        config.http().publicUrl());
  }

  /** The port that a listener is bound on, or will be; 0 where it is off. */
  private int port(String name, ListenAddress listen) {
    List<InetSocketAddress> addresses = bound.getOrDefault(name, List.of());
    return addresses.isEmpty() ? listen.port() : addresses.get(0).getPort();
  }

  /** What there is of each thing that has to be given back; for tests and metrics. */
  record Census(int tunnels, int sshConnections, int streams, int ports, int visitors) {
    static final Census NOTHING = new Census(0, 0, 0, 0, 0);
  }

  Census census() {
    return new Census(
        registry.liveCount(),
        ssh.connectionCount(),
        ssh.streamCount(),
        tcp.portCount(),
        http.visitorCount() + (https == null ? 0 : https.visitorCount()));
  }

  private static Future<?> both(Future<?> one, Future<?> other) {
    Promise<Void> result = GlobalEventExecutor.INSTANCE.newPromise();
    one.addListener(first ->
        other.addListener(second -> {
          Throwable failure = first.isSuccess() ? second.cause() : first.cause();
          if (failure == null) {
            result.setSuccess(null);
          } else {
            result.setFailure(failure);
          }
        }));
    return result;
  }

  private static Future<?> nothingToDo() {
    return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
  }
}
