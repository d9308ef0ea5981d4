package relay.server.edge.tls;

import static relay.server.edge.tls.CertificateFileException.CERTIFICATE;
import static relay.server.edge.tls.CertificateFileException.KEY;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Hostname;

/**
 * A certificate with its key, as it was read: ready to serve. Immutable.
 *
 * @param exact the names it has
 * @param wildcards the names below which it has every one of one label more (RFC 9525 §6.3)
 * @param validUntil when it expires
 */
record CertificatePair(
    SslContext tls, List<Hostname> exact, List<Hostname> wildcards, Instant validUntil) {

  private static final Logger LOG = LoggerFactory.getLogger(CertificatePair.class);

  /** TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325 §4.2). */
  private static final List<String> CIPHER_SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** A client that offers ALPN and none of these is refused (RFC 7301 §3.2). */
  private static final ApplicationProtocolConfig PROTOCOLS =
      new ApplicationProtocolConfig(
          Protocol.ALPN,
          SelectorFailureBehavior.FATAL_ALERT,
          SelectedListenerFailureBehavior.FATAL_ALERT,
          ApplicationProtocolNames.HTTP_1_1);

  /** {@link X509Certificate#getSubjectAlternativeNames}: the type of a DNS name. */
  private static final int DNS_NAME = 2;

  private static final String NO_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

  static {
    // With TLS 1.2, a visitor could else ask for a handshake again and again in one connection.
    if (System.getProperty(NO_RENEGOTIATION) == null) {
      System.setProperty(NO_RENEGOTIATION, "true");
    }
  }

  /** Reads both files. Blocking. */
  static CertificatePair read(Path certificate, Path key) throws CertificateFileException {
    List<X509Certificate> chain = PemFiles.chain(certificate);
    X509Certificate own = chain.get(0);
    PrivateKey privateKey = PemFiles.key(key, own, certificate);
    warnWhereOpenToOthers(key);
    Instant until = own.getNotAfter().toInstant();
    if (until.isBefore(Instant.now())) {
      LOG.warn("{}: {} has expired on {}", CERTIFICATE, certificate, until);
    }
    List<Hostname> exact = new ArrayList<>();
    List<Hostname> wildcards = new ArrayList<>();
    for (String name : dnsNames(own, certificate)) {
      boolean wildcard = name.startsWith("*.");
      Hostname host = Hostname.parse(wildcard ? name.substring(2) : name);
      if (host != null) {
        (wildcard ? wildcards : exact).add(host);
      }
    }
    try {
      SslContext tls =
          SslContextBuilder.forServer(privateKey, chain)
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2")
              .ciphers(CIPHER_SUITES, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(PROTOCOLS)
              .build();
      return new CertificatePair(tls, List.copyOf(exact), List.copyOf(wildcards), until);
    } catch (SSLException e) {
      throw new CertificateFileException(
          CERTIFICATE, certificate, "cannot be served: " + e.getMessage(), e);
    }
  }

  private static List<String> dnsNames(X509Certificate certificate, Path file)
      throws CertificateFileException {
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      return all == null
          ? List.of()
          : all.stream()
              .filter(name -> name.get(0) instanceof Integer type && type == DNS_NAME)
              .map(name -> String.valueOf(name.get(1)))
              .toList();
    } catch (CertificateParsingException e) {
      throw new CertificateFileException(
          CERTIFICATE, file, "has alternative names that cannot be read, expected DNS names", e);
    }
  }

  private static void warnWhereOpenToOthers(Path key) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(key);
      if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
        LOG.warn("{}: {} can be read by others, expected its owner only (mode 0600)", KEY, key);
      }
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("{}: {}: who may read it is not known", KEY, key, e);
    }
  }
}
