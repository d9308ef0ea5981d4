package relay.server.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.handler.codec.http.FullHttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

class RefusalPageTest {

  private static final Refusal EVIL =
      new Refusal(
          RefusalCode.H404_UNKNOWN_NAME,
          "there is no tunnel at <script>'\"&{advice}\u001b[2J\u202e");

  private static String body(FullHttpResponse page) {
    return page.content().toString(StandardCharsets.UTF_8);
  }

  @Test
  void accept_browser_escapedHtmlUnderStrictPolicy() {
    FullHttpResponse page =
        RefusalPage.of(EVIL, "text/html,application/xhtml+xml,*/*;q=0.8", true, false);
    assertThat(page.headers().get("content-type")).isEqualTo("text/html; charset=utf-8");
    assertThat(page.headers().get("content-security-policy"))
        .startsWith("default-src 'none'; style-src 'sha256-")
        .doesNotContain("unsafe");
    assertThat(page.headers().get("cache-control")).isEqualTo("no-store");
    assertThat(page.headers().get("x-content-type-options")).isEqualTo("nosniff");
    assertThat(page.headers().get("relay-code")).isEqualTo("RELAY-404-UNKNOWN-NAME");
    assertThat(body(page))
        .contains("&lt;script&gt;&#39;&quot;&amp;{advice}\\u{1b}[2J\\u{202e}")
        .doesNotContain("<script")
        .contains("<li class=\"passed\">Your request")
        .contains("<li class=\"failed\">Relay")
        .contains("<li class=\"unknown\">Local service");
  }

  @Test
  void accept_anything_text() {
    for (String accept : new String[] {"*/*", "", "image/png"}) {
      FullHttpResponse page = RefusalPage.of(EVIL, accept, false, false);
      assertThat(page.headers().get("content-type")).isEqualTo("text/plain; charset=utf-8");
      assertThat(page.headers().get("connection")).isEqualTo("close");
      assertThat(body(page))
          .startsWith("404 No tunnel at this address\nRELAY-404-UNKNOWN-NAME: there is no tunnel");
    }
    assertThat(body(RefusalPage.of(EVIL, null, true, false))).startsWith("404 ");
  }

  @Test
  void accept_json_json() throws Exception {
    FullHttpResponse page = RefusalPage.of(EVIL, "application/json", true, false);
    JsonNode fields = new ObjectMapper().readTree(body(page));
    assertThat(fields.get("code").asText()).isEqualTo("RELAY-404-UNKNOWN-NAME");
    assertThat(fields.get("status").asInt()).isEqualTo(404);
    assertThat(fields.get("failed").asText()).isEqualTo("relay");
    assertThat(fields.get("message").asText()).contains("<script>'\"&");
  }

  @ParameterizedTest
  @EnumSource(RefusalCode.class)
  void codes_ofHttp_haveEachAPage(RefusalCode code) {
    if (code.status() > 0) {
      FullHttpResponse page = RefusalPage.of(new Refusal(code, "m"), "text/html", true, false);
      assertThat(page.status().code()).isEqualTo(code.status());
      assertThat(body(page)).doesNotContainPattern("\\{[a-z]+}").contains(code.id());
    }
  }
}
