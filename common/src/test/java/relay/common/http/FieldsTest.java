package relay.common.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FieldsTest {

  private static final int HALF = 32 * 1024;

  /** A second each where every nominated name is looked for among all lines; 3 ms else. */
  private static final Duration TEN_OF_THEM = Duration.ofMillis(1500);

  @Test
  void hopByHop_nominatedFieldsGo_othersStayInOrder() {
    HttpHeaders headers =
        new DefaultHttpHeaders()
            .add("A", "1")
            .add("X-Hop", "2")
            .add("Host", "foo")
            .add("a", "3")
            .add("x-HOP", "4")
            .add("Keep-Alive", "5")
            .add("Connection", "close, x-hop, HOST")
            .add("Connection", ",, b b,Keep-Alive")
            .add("A", "6");
    Fields.removeHopByHop(headers);
    assertThat(headers.entries())
        .extracting(entry -> entry.getKey() + ": " + entry.getValue())
        .containsExactly("A: 1", "Host: foo", "a: 3", "A: 6");
  }

  @Test
  void hopByHop_manyLinesAndManyNominations_takesNoTimeThatMatters() {
    CpuTime.assertAtMost(
        TEN_OF_THEM,
        () -> {
          for (int i = 0; i < 10; i++) {
            HttpHeaders headers = new DefaultHttpHeaders();
            for (int octets = 0; octets < HALF; octets += 4) {
              headers.add("b", "");
            }
            headers.add("Connection", "2,".repeat(HALF / 2)); // of the same hash bucket as b
            Fields.removeHopByHop(headers);
            assertThat(headers.size()).isEqualTo(HALF / 4);
          }
        });
  }

  @Test
  void trailers_manyNotForTheService_takesNoTimeThatMatters() {
    CpuTime.assertAtMost(
        TEN_OF_THEM,
        () -> {
          for (int i = 0; i < 10; i++) {
            HttpHeaders trailers = new DefaultHttpHeaders();
            for (int j = 0; j < 4 * HALF / 13; j++) {
              trailers.add("Proxy-" + Integer.toString(j, 36), "");
            }
            trailers.add("Kept", "1");
            Fields.cleanTrailers(trailers);
            assertThat(trailers.names()).containsExactly("Kept");
          }
        });
  }
}
