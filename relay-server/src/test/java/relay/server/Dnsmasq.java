package relay.server;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;

/** A real DNS server on loopback; what it is told of {@code example.com}, and nothing else. */
final class Dnsmasq implements Closeable {

  private final Command process;

  /**
   * @param records as {@code _relay.shop.example.com,SHA256:…}
   */
  Dnsmasq(int port, String... records) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "dnsmasq",
                "--conf-file=/dev/null",
                "--keep-in-foreground",
                "--log-facility=-",
                "--user=",
                "--pid-file=",
                "--port=" + port,
                "--listen-address=127.0.0.1",
                "--bind-interfaces",
                "--no-resolv",
                "--no-hosts",
                "--local=/example.com/"));
    for (String record : records) {
      words.add("--txt-record=" + record);
    }
    process = Command.start(words);
    process.awaitErr("started, version");
  }

  @Override
  public void close() {
    process.close();
  }
}
