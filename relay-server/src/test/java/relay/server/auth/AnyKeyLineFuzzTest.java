package relay.server.auth;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class AnyKeyLineFuzzTest {

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5s")
  void text_isGrantedOrRefused_lineByLine(byte[] input) throws Exception {
    AnyKeyLine.check(input);
  }

  static Stream<byte[]> seeds() {
    return AnyKeyLine.seeds();
  }
}
