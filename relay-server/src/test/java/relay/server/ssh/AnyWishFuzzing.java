package relay.server.ssh;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link AnyWishFuzzTest}, for minutes: {@code mvn verify -Pfuzz}. */
class AnyWishFuzzing {

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "3m")
  void text_isTaken_orRefusedReadably(byte[] input) {
    AnyWish.check(input);
  }

  static Stream<byte[]> seeds() {
    return AnyWish.seeds();
  }
}
