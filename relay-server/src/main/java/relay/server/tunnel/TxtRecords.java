package relay.server.tunnel;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import relay.common.endpoint.Hostname;

/**
 * TXT records at {@code _relay.<domain>} and {@code _sish.<domain>}, each the fingerprint of a key.
 * An answer is good for some seconds, so that many who ask are one query. Only an answer of DNS
 * counts: that the name or the record does not exist is one, that a server fails is none.
 */
public final class TxtRecords implements DomainRecords {

  private static final List<String> LABELS = List.of("_relay.", "_sish.");
  private static final Duration FRESH = Duration.ofSeconds(3);
  private static final int DOMAINS = 10_000;
  private static final int MAX_RECORDS = 100;

  private final DnsNameResolver resolver;
  private final AsyncCache<Hostname, Set<String>> known =
      Caffeine.newBuilder()
          .maximumSize(DOMAINS)
          .expireAfterWrite(FRESH)
          .executor(Runnable::run)
          .buildAsync();

  /**
   * @param servers where to ask, one after the other; empty: as the system does
   * @param timeout how long one query may take
   */
  public TxtRecords(
      EventLoop loop,
      Class<? extends DatagramChannel> datagrams,
      Class<? extends SocketChannel> connections,
      List<InetSocketAddress> servers,
      Duration timeout) {
    resolver =
        new DnsNameResolverBuilder(loop)
            .datagramChannelType(datagrams)
            .socketChannelType(connections, true)
            // a socket for each query, so that its port is to be guessed too
            .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
            .queryTimeoutMillis(timeout.toMillis())
            .nameServerProvider(
                servers.isEmpty()
                    ? DnsServerAddressStreamProviders.platformDefault()
                    : new SequentialDnsServerAddressStreamProvider(servers))
            .build();
  }

  @Override
  public CompletableFuture<Set<String>> owners(Hostname domain) {
    return known.get(domain, (key, executor) -> ask(key));
  }

  private CompletableFuture<Set<String>> ask(Hostname domain) {
    CompletableFuture<Set<String>> owners = CompletableFuture.completedFuture(Set.of());
    for (String label : LABELS) {
      owners =
          owners.thenCombine(
              query(label + domain.value() + "."),
              (some, more) -> {
                Set<String> all = new HashSet<>(some);
                all.addAll(more);
                return all;
              });
    }
    return owners;
  }

  private CompletableFuture<Set<String>> query(String name) {
    CompletableFuture<Set<String>> values = new CompletableFuture<>();
    resolver
        .query(new DefaultDnsQuestion(name, DnsRecordType.TXT))
        .addListener((Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> done) -> {
          if (!done.isSuccess()) {
            values.completeExceptionally(done.cause());
            return;
          }
          AddressedEnvelope<DnsResponse, InetSocketAddress> envelope = done.getNow();
          try {
            values.complete(read(envelope.content()));
          } catch (IOException | RuntimeException e) {
            values.completeExceptionally(e);
          } finally {
            envelope.release();
          }
        });
    return values;
  }

  private static Set<String> read(DnsResponse response) throws IOException {
    DnsResponseCode code = response.code();
    if (code.equals(DnsResponseCode.NXDOMAIN)) {
      return Set.of();
    } else if (!code.equals(DnsResponseCode.NOERROR)) {
      throw new IOException("the DNS server answers " + code);
    }
    Set<String> values = new HashSet<>();
    int count = Math.min(MAX_RECORDS, response.count(DnsSection.ANSWER));
    for (int i = 0; i < count; i++) {
      DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
      if (record.type().equals(DnsRecordType.TXT) && record instanceof DnsRawRecord raw) {
        values.add(text(raw.content()));
      }
    }
    return values;
  }

  /** The character strings of a record (RFC 1035 §3.3.14), one behind the other. */
  private static String text(ByteBuf content) {
    StringBuilder text = new StringBuilder();
    int at = content.readerIndex();
    while (at < content.writerIndex()) {
      int length = Math.min(content.getUnsignedByte(at), content.writerIndex() - at - 1);
      text.append(content.toString(at + 1, length, StandardCharsets.ISO_8859_1));
      at += 1 + length;
    }
    return text.toString().strip();
  }

  /** Ends its sockets. */
  public void close() {
    resolver.close();
  }
}
