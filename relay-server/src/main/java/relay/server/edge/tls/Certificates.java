package relay.server.edge.tls;

import static relay.server.edge.tls.CertificateFileException.CERTIFICATE;
import static relay.server.edge.tls.CertificateFileException.KEY;

import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.EventExecutorGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;
import relay.server.config.FileWatch;

/**
 * The certificates of the HTTPS listener. Read from files at the start, and again when these
 * change; files that cannot be used then leave the old pair in use. A connection keeps the
 * certificate that it began with.
 */
public final class Certificates {

  private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);

  private static final Duration LOOK = Duration.ofSeconds(2);

  /** Which certificate a name gets; immutable. */
  private record Choice(
      Map<Hostname, SslContext> exact, Map<Hostname, SslContext> wildcards, SslContext first) {

    static Choice of(List<CertificateFiles> all) {
      Map<Hostname, SslContext> exact = new HashMap<>();
      Map<Hostname, SslContext> wildcards = new HashMap<>();
      for (CertificateFiles files : all) {
        CertificatePair pair = files.pair();
        pair.exact().forEach(name -> exact.putIfAbsent(name, pair.tls()));
        pair.wildcards().forEach(name -> wildcards.putIfAbsent(name, pair.tls()));
      }
      return new Choice(exact, wildcards, all.get(0).pair().tls());
    }
  }

  private final List<CertificateFiles> all;
  private volatile Choice choice;

  private Certificates(List<CertificateFiles> all) {
    this.all = all;
    this.choice = Choice.of(all);
  }

  /**
   * Reads all files. Blocking.
   *
   * @param certificates PEM files, each with a certificate and its chain
   * @param keys PEM files, the key of each certificate in the same order
   * @throws CertificateFileException where there is none, one is without the other, or a file
   *     cannot be used; the message is one line that names the key and the file
   */
  public static Certificates read(List<Path> certificates, List<Path> keys)
      throws CertificateFileException {
    if (certificates.isEmpty()) {
      throw new CertificateFileException(
          CERTIFICATE + ": no file, expected a PEM file with a certificate for https.listen");
    }
    if (certificates.size() != keys.size()) {
      throw new CertificateFileException(
          KEY
              + ": "
              + keys.size()
              + (keys.size() == 1 ? " file" : " files")
              + ", expected "
              + certificates.size()
              + ", one for each "
              + CERTIFICATE);
    }
    List<CertificateFiles> all = new ArrayList<>();
    for (int i = 0; i < certificates.size(); i++) {
      all.add(new CertificateFiles(certificates.get(i), keys.get(i)));
    }
    return new Certificates(List.copyOf(all));
  }

  /**
   * What a visitor is shown: the certificate that has the name, else one with a wildcard for it,
   * else the first. Where several have it, the first of them. Any thread.
   *
   * @param name as the visitor asked for it (RFC 6066 §3), or null
   */
  SslContext pick(@Nullable Hostname name) {
    Choice now = choice;
    SslContext found = null;
    if (name != null) {
      found = now.exact().get(name);
      Hostname parent = found == null ? name.parent() : null;
      if (parent != null) {
        found = now.wildcards().get(parent);
      }
    }
    return found == null ? now.first() : found;
  }

  /**
   * Looks every few seconds whether files have changed, until the group ends.
   *
   * @param timer only starts it; files are read where a thread may block
   */
  public void watch(EventExecutorGroup timer) {
    new FileWatch(CERTIFICATE, this::refresh).every(LOOK, timer);
  }

  /** Reads again what has changed. Blocking; one thread at a time. */
  void refresh() {
    boolean changed = false;
    for (CertificateFiles files : all) {
      try {
        CertificatePair pair = files.refresh();
        if (pair != null) {
          changed = true;
          LOG.info("{}: {} was read anew, valid until {}", CERTIFICATE, files, pair.validUntil());
        }
      } catch (CertificateFileException e) {
        LOG.warn("{}; the one read before stays in use", e.getMessage());
      }
    }
    if (changed) {
      choice = Choice.of(all);
    }
  }
}
