package relay.server.auth;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link AnyKeyLineFuzzTest}, for minutes: {@code mvn verify -Pfuzz}. */
class AnyKeyLineFuzzing {

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "3m")
  void text_isGrantedOrRefused_lineByLine(byte[] input) throws Exception {
    AnyKeyLine.check(input);
  }

  static Stream<byte[]> seeds() {
    return AnyKeyLine.seeds();
  }
}
