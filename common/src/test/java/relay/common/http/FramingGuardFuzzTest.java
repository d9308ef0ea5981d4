package relay.common.http;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever octets a visitor sends: what passes can be read in one way only. Without {@code
 * JAZZER_FUZZ} it runs the seeds; with it, the seeds and then what grows out of them.
 */
class FramingGuardFuzzTest {

  @MethodSource("seeds")
  @DictionaryFile(resourcePath = "http.dict")
  @FuzzTest(maxDuration = "10s")
  void octets_passTheGuard_oneReadingOnly(byte[] input) throws Exception {
    OneReading.check(input);
  }

  static Stream<byte[]> seeds() throws Exception {
    return Seeds.all();
  }
}
