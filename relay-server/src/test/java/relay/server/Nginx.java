package relay.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;

/** A real nginx on a free port. */
final class Nginx implements Closeable {

  private final int port = LocalService.freePort();
  private final Command process;

  /**
   * @param directory a new one, for its files; {@code directory/www} is served
   * @param locations more of the server block
   */
  Nginx(Path directory, String locations) {
    try {
      Files.createDirectories(directory.resolve("www"));
      Files.writeString(
          directory.resolve("nginx.conf"),
          """
          daemon off;
          worker_processes 1;
          pid nginx.pid;
          error_log stderr warn;
          %s
          events { worker_connections 2048; }
          http {
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            client_max_body_size 0;
            server {
              listen 127.0.0.1:%d backlog=1024;
              root www;
              location = /hello { return 200 "hello from nginx\\n"; }
              %s
            }
          }
          """
              .formatted(
                  System.getProperty("user.name").equals("root") ? "user root;" : "",
                  port,
                  locations));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    process =
        Command.start(
            "/usr/sbin/nginx", "-p", directory.toString(), "-c", "nginx.conf", "-e", "stderr");
    Awaitility.await().until(this::isUp);
  }

  private boolean isUp() {
    if (!process.isAlive()) {
      throw new AssertionError(process.toString());
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.signal("QUIT");
    process.exitStatus();
    process.close();
  }
}
