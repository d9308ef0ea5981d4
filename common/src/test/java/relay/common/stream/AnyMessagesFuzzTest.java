package relay.common.stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class AnyMessagesFuzzTest {

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5s")
  void messages_areTakenOrEndTheSession(byte[] input) throws Exception {
    AnyMessages.check(input);
  }

  static Stream<byte[]> seeds() {
    return AnyMessages.seeds();
  }
}
