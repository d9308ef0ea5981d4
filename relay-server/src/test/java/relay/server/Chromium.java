package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;

/** A real browser without a window, with one page, spoken to by its DevTools protocol. */
final class Chromium implements Closeable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Command process;
  private final Socket socket;
  private final WebSocketVisitor tools;
  private int requests;

  /**
   * @param profile a new directory
   * @param url opened at once
   * @param flags more of the command line
   */
  Chromium(Path profile, String url, String... flags) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile));
    words.addAll(List.of(flags));
    words.add("about:blank");
    process = Command.start(words);
    String address = process.awaitErr("DevTools listening on (ws://\\S+)");
    int port = URI.create(address).getPort();
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    tools = WebSocketVisitor.open(socket, "localhost:" + port, page(port));
    ask("Page.navigate", Map.of("url", url));
  }

  /** Where the one page listens. */
  private String page(int port) {
    AtomicReference<String> found = new AtomicReference<>();
    Awaitility.await()
        .untilAsserted(() -> {
          String pages = Command.run("curl", "-sS", "http://127.0.0.1:" + port + "/json/list");
          for (JsonNode page : JSON.readTree(pages)) {
            if (page.path("type").asText().equals("page")) {
              found.set(URI.create(page.path("webSocketDebuggerUrl").asText()).getPath());
            }
          }
          assertThat(found.get()).as(pages).isNotNull();
        });
    return found.get();
  }

  /** What the page's script gives for an expression, as text. */
  String evaluate(String expression) throws IOException {
    JsonNode answer = ask("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
    return answer.path("result").path("value").asText();
  }

  private JsonNode ask(String method, Map<String, ?> parameters) throws IOException {
    int id = ++requests;
    tools.send(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)));
    while (true) {
      JsonNode message = JSON.readTree(tools.next());
      if (message.path("id").asInt() == id) {
        return message.path("result");
      }
    }
  }

  /** Its processes write into the profile until they have all ended: it ends them itself. */
  @Override
  public void close() throws IOException {
    ask("Browser.close", Map.of());
    process.exitStatus();
    socket.close();
    process.close();
  }
}
