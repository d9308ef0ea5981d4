package relay.common.endpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class AnyNameFuzzTest {

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5s")
  void text_isAName_orNone(byte[] input) {
    AnyName.check(input);
  }

  static Stream<byte[]> seeds() {
    return AnyName.seeds();
  }
}
