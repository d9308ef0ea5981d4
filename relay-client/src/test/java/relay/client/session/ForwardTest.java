package relay.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import relay.common.endpoint.PathPrefix;

class ForwardTest {

  private static final PathPrefix API = PathPrefix.of("/api");
  private static final List<String> STRIP = List.of("strip-path=true");

  @Test
  void host_isNameAndPath() {
    assertThat(Forward.http("shop", API, STRIP).host()).isEqualTo("shop/api");
    assertThat(Forward.http(null, API, STRIP).host()).isEqualTo("localhost/api");
    assertThat(Forward.http(null, PathPrefix.ALL, List.of()).host()).isEqualTo("localhost");
  }

  @Test
  void wanted_isForPeople() {
    assertThat(Forward.http("shop", API, STRIP).wanted())
        .isEqualTo("the name shop with the path /api");
    assertThat(Forward.http(null, API, STRIP).wanted()).isEqualTo("a name with the path /api");
    assertThat(Forward.http("shop", PathPrefix.ALL, List.of()).wanted()).isEqualTo("the name shop");
    assertThat(Forward.tcp(0, List.of()).wanted()).isEqualTo("a TCP port");
  }

  @Test
  void onlyForRelays_namesTheFlags() {
    assertThat(Forward.http("shop", API, STRIP).onlyForRelays())
        .containsExactly("--path", "--strip-path");
    assertThat(Forward.http("shop", PathPrefix.ALL, List.of()).onlyForRelays()).isEmpty();
  }

  @Test
  void again_isTheSameWithItsWords() {
    Forward first = Forward.tcp(0, List.of("proxy-protocol=2"));
    assertThat(first.again(20_000))
        .isEqualTo(new Forward("localhost", 20_000, first.words(), true));
  }
}
