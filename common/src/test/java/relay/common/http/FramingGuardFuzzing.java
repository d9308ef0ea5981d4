package relay.common.http;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link FramingGuardFuzzTest}, for minutes: {@code mvn verify -Pfuzz}. */
class FramingGuardFuzzing {

  @MethodSource("seeds")
  @DictionaryFile(resourcePath = "http.dict")
  @FuzzTest(maxDuration = "5m")
  void octets_passTheGuard_oneReadingOnly(byte[] input) throws Exception {
    OneReading.check(input);
  }

  static Stream<byte[]> seeds() throws Exception {
    return Seeds.all();
  }
}
