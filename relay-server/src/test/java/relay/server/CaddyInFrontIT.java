package relay.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class CaddyInFrontIT extends ProxyInFront {

  @Override
  List<String> proxy(Path directory, int port, SelfSigned certificate) throws IOException {
    Path file = directory.resolve("Caddyfile");
    Files.writeString(
        file,
        """
        {
          admin off
          auto_https disable_redirects
          default_bind 127.0.0.1
        }
        """
            + Readme.block("caddy")
                .replace("/etc/ssl/example.org.pem", certificate.certificate().toString())
                .replace("/etc/ssl/example.org.key", certificate.key().toString())
                .replace("*.example.org", "https://*.relay.test:" + port)
                .replace("127.0.0.1:8080", "127.0.0.1:" + node.httpPort()));
    // its own files go where nothing is left of them
    return List.of(
        "env",
        "HOME=" + directory,
        "XDG_DATA_HOME=" + directory,
        "XDG_CONFIG_HOME=" + directory,
        "caddy",
        "run",
        "--config",
        file.toString(),
        "--adapter",
        "caddyfile");
  }
}
