package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NginxInFrontIT extends ProxyInFront {

  private final int streamPort = LocalService.freePort();

  @Override
  List<String> proxy(Path directory, int port, SelfSigned certificate) throws IOException {
    String relay = "127.0.0.1:" + node.httpPort();
    Files.writeString(
        directory.resolve("nginx.conf"),
        """
        load_module /usr/lib/nginx/modules/ngx_stream_module.so;
        daemon off;
        worker_processes 1;
        pid nginx.pid;
        %s
        events {}
        %s
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          %s
        }
        """
            .formatted(
                System.getProperty("user.name").equals("root") ? "user root;" : "",
                Readme.block("nginx-stream")
                    .replace("listen 80;", "listen 127.0.0.1:" + streamPort + ";")
                    .replace("127.0.0.1:8080", relay),
                Readme.block("nginx")
                    .replace("listen 443 ", "listen 127.0.0.1:" + port + " ")
                    .replace("/etc/ssl/example.org.pem", certificate.certificate().toString())
                    .replace("/etc/ssl/example.org.key", certificate.key().toString())
                    .replace("example.org", "relay.test")
                    .replace("127.0.0.1:8080", relay)));
    return List.of(
        "/usr/sbin/nginx", "-p", directory.toString(), "-c", "nginx.conf", "-e", "stderr");
  }

  @Test
  void streamModule_tellsTheVisitorByTheProxyProtocol() throws Exception {
    mirror();
    assertThat(ask(streamPort, "")).containsIgnoringCase("\r\nx-forwarded-for: 127.0.0.2\r\n");
  }

  @Test
  void proxyProtocol_ofAVisitor_isNotBelieved() throws Exception {
    mirror();
    assertThat(ask(node.httpPort(), "PROXY TCP4 192.0.2.66 192.0.2.1 4711 80\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .doesNotContain("192.0.2.66");
  }

  private String ask(int port, String before) throws IOException {
    Socket visitor = connect(port);
    Wire.send(
        visitor, before + "GET / HTTP/1.1\r\nHost: foo.relay.test\r\nConnection: close\r\n\r\n");
    return Wire.rest(visitor.getInputStream());
  }
}
