package relay.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A visitor's TLS on a connection that the test keeps: it can end either of the two. */
final class TlsVisitor {

  final Socket tcp;
  final SSLSocket tls;

  /**
   * Makes the whole handshake; any certificate will do.
   *
   * @param serverName for SNI; empty for none
   * @param version such as {@code TLSv1.3}
   */
  TlsVisitor(Socket tcp, String serverName, String version) throws IOException {
    this.tcp = tcp;
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, null);
      tls = (SSLSocket) context.getSocketFactory().createSocket(tcp, null, tcp.getPort(), true);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    parameters.setServerNames(
        serverName.isEmpty() ? List.of() : List.of(new SNIHostName(serverName)));
    tls.setSSLParameters(parameters);
    tls.startHandshake();
  }

  InputStream in() throws IOException {
    return tls.getInputStream();
  }

  void say(String text) throws IOException {
    tls.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The first alternative name of the certificate that was shown. */
  String shownName() throws IOException {
    try {
      X509Certificate certificate = (X509Certificate) tls.getSession().getPeerCertificates()[0];
      return String.valueOf(certificate.getSubjectAlternativeNames().iterator().next().get(1));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
