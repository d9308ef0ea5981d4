package relay.server.edge.tls;

import io.netty.channel.Channel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;

/** Where TLS ends: what is behind it reads and writes plain octets. */
public final class TlsTermination {

  /** What comes behind TLS. */
  @FunctionalInterface
  public interface Decrypted {
    /**
     * The handshake is done: handlers may be added, and octets come only after this. On the
     * channel's event loop, at most once.
     *
     * @param serverName what the visitor asked for by name (SNI); null for none
     */
    void ready(@Nullable Hostname serverName);
  }

  private final Certificates certificates;
  private final Duration handshake;

  /**
   * @param handshake how long a handshake may take, from {@link #install} to its end; then the
   *     connection is closed
   */
  public TlsTermination(Certificates certificates, Duration handshake) {
    this.certificates = certificates;
    this.handshake = handshake;
  }

  /**
   * Begins a handshake on a visitor's connection, with auto-read off; on its event loop.
   *
   * <p>Afterwards the channel tells a close_notify as the end of input; it is cut where the input
   * ends without. {@link relay.common.stream.Splice} says how to end it from this side.
   */
  public void install(Channel visitor, Decrypted next) {
    install(visitor, null, next);
  }

  /**
   * As the other.
   *
   * @param undecrypted asked first, by the name in the ClientHello, for what is to be passed on as
   *     it is; null for nothing
   */
  public void install(Channel visitor, @Nullable Undecrypted undecrypted, Decrypted next) {
    TlsVisitorHandler decrypted = new TlsVisitorHandler(next);
    visitor
        .pipeline()
        .addLast(new ServerNameHandler(certificates, handshake, undecrypted, decrypted), decrypted);
  }
}
