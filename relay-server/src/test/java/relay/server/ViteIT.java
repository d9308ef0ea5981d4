package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A dev server that answers to its own names only ({@code localhost} and all below it), so the
 * relay's domain is another one here.
 */
class ViteIT {

  private static final String HOST = "foo.relay.test";

  @RegisterExtension final RelayNode node = RelayNode.with("--domain=relay.test");

  private Vite vite;

  @BeforeEach
  void startVite() {
    vite = node.closing(new Vite());
  }

  private Command ssh(String... words) {
    Command ssh = node.start(node.ssh("ann").forward("foo:80:localhost:" + vite.port()).to(words));
    ssh.awaitOut("HTTP: http://" + HOST);
    return ssh;
  }

  @Test
  void withoutHostHeader_isRefusedByVite() {
    ssh();
    assertThat(node.curl(HOST, "/"))
        .contains("Blocked request. This host (\"" + HOST + "\") is not allowed")
        .endsWith("\n403");
  }

  @Test
  void stockSsh_withHostHeader_pageModuleAndHotReloadWork() throws Exception {
    ssh("host-header=rewrite");
    pageModuleAndHotReloadWork();
  }

  @Test
  void relay_withHostHeader_pageModuleAndHotReloadWork() throws Exception {
    node.relay(
            "ann", "http", Integer.toString(vite.port()), "--name=foo", "--host-header", "rewrite")
        .awaitOut("http://" + HOST);
    pageModuleAndHotReloadWork();
  }

  private void pageModuleAndHotReloadWork() throws Exception {
    assertThat(node.curl(HOST, "/")).contains("<p id=\"message\">", "/@vite/client");
    assertThat(node.curl(HOST, "/main.js")).contains("/message.js").endsWith("\n200");
    assertThat(node.curl(HOST, "/message.js")).contains("first message").endsWith("\n200");

    String token = node.curl(HOST, "/@vite/client").replaceAll("(?s).*wsToken = \"(.*?)\".*", "$1");
    try (Socket socket = node.visit(node.httpPort())) {
      WebSocketVisitor browser =
          WebSocketVisitor.open(
              socket,
              HOST + ":" + node.httpPort(),
              "/?token=" + token,
              "Origin: http://" + HOST + ":" + node.httpPort(),
              "Sec-WebSocket-Protocol: vite-hmr");
      assertThat(browser.next()).contains("\"connected\"");
      vite.edit("second message");
      assertThat(browser.next()).contains("\"update\"", "\"/message.js\"");
    }
    assertThat(node.curl(HOST, "/message.js")).contains("second message");
  }

  @Test
  void browser_showsThePage_andWhatIsSavedWithoutLoadingItAgain() throws Exception {
    Command ssh = ssh("host-header=rewrite");
    Chromium browser =
        node.closing(
            new Chromium(
                node.directory().resolve("chromium"),
                "http://" + HOST + ":" + node.httpPort() + "/",
                "--host-resolver-rules=MAP *.relay.test 127.0.0.1"));
    awaitMessage(browser, "first message");
    // Vite's script tries localhost itself, where it finds no way through the relay.
    ssh.awaitOut("GET /\\?token=\\S+  101");
    browser.evaluate("window.loadedOnce = true");

    vite.edit("second message");
    awaitMessage(browser, "second message");
    assertThat(browser.evaluate("window.loadedOnce")).isEqualTo("true");
  }

  private static void awaitMessage(Chromium browser, String message) {
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(browser.evaluate("document.querySelector('#message')?.textContent"))
                .isEqualTo(message));
  }
}
