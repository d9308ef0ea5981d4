package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.endpoint.Hostname;
import relay.server.auth.Identity;

/** Names that identities have by themselves, and the files that they come from. */
class HostnameAllocatorTest {

  private static final Hostname DOMAIN = Hostname.of("example.org");
  private static final Identity ANNA = new Identity("SHA256:anna", "anna");
  private static final Identity BERT = new Identity("SHA256:bert", "bert");

  @TempDir Path dir;

  @Test
  void own_isTheSameAfterReopening() throws Exception {
    Hostname before = names(dir).own(ANNA, 1);
    assertThat(names(dir).own(ANNA, 1)).isEqualTo(before);
    assertThat(before.value()).matches("[a-z]+-[a-z]+-[a-km-np-z2-9]{5}\\.example\\.org");
  }

  @Test
  void own_differsByIdentityNumberCounterAndSecret(@TempDir Path other) throws Exception {
    HostnameAllocator names = names(dir);
    HostnameAllocator others = names(other);
    Set<Hostname> all = new HashSet<>();
    for (int number = 1; number <= 1000; number++) {
      all.add(names.own(ANNA, number));
      all.add(names.own(BERT, number));
      all.add(others.own(ANNA, number));
    }
    try (NameStore store = NameStore.open(dir)) {
      store.advance(ANNA.id(), 1).get(10, TimeUnit.SECONDS);
    }
    all.add(names(dir).own(ANNA, 1));
    assertThat(all).hasSize(3001);
    assertThat(names(dir).own(ANNA, 2)).as("another of hers").isEqualTo(names.own(ANNA, 2));
    assertThat(names(dir).own(BERT, 1)).isEqualTo(names.own(BERT, 1));
  }

  @Test
  void words_areManyAndDifferent_soThatANameHasFortyBits() {
    List<String> first = HostnameAllocator.words("first-words.txt");
    List<String> second = HostnameAllocator.words("second-words.txt");
    assertThat(first).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(256);
    assertThat(second).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(256);
    assertThat(first).allMatch(word -> word.matches("[a-z]{2,12}"));
    assertThat(second).allMatch(word -> word.matches("[a-z]{2,12}"));
    double suffix = 5 * 5; // letters of 5 bits each
    assertThat(suffix + Math.log((double) first.size() * second.size()) / Math.log(2))
        .isGreaterThanOrEqualTo(40);
  }

  @Test
  void numberOf_isThatOfAnOwnName_andOfNoOther() throws Exception {
    HostnameAllocator names = names(dir);
    assertThat(names.numberOf(ANNA, names.own(ANNA, 3))).isEqualTo(3);
    assertThat(names.numberOf(ANNA, names.own(ANNA, HostnameAllocator.OWN_NAMES + 1))).isZero();
    assertThat(names.numberOf(ANNA, 4000)).isZero();
    assertThat(names.numberOf(BERT, names.own(ANNA, 3))).isZero();
    assertThat(names.numberOf(ANNA, DOMAIN.child("calm-otter-x4k2p"))).isZero();
    assertThat(names.numberOf(ANNA, DOMAIN.child("foo"))).isZero();
  }

  @ParameterizedTest
  @CsvSource({"foo, foo", "FOO, foo", "a, a", "a-b, a-b", "4you, 4you"})
  void chosen_isCanonical(String label, String name) throws Exception {
    assertThat(names(dir).chosen(label)).isEqualTo(DOMAIN.child(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-a", "a-", "a b", "a.b", "a_b", "bücher", "xn--bcher-kva", "ab--c", "www"})
  void chosen_thatNobodyMayHave_isRefused(String label) throws Exception {
    HostnameAllocator names = names(dir);
    assertThatThrownBy(() -> names.chosen(label))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("example.org");
    assertThatThrownBy(() -> names.chosen("a".repeat(64))).isInstanceOf(RefusedException.class);
  }

  @Test
  void store_isItsOwnersOnly() throws Exception {
    NameStore.open(dir);
    for (String file : List.of("name-secret", "names")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve(file))))
          .isEqualTo("rw-------");
    }
    assertThat(dir).isDirectoryNotContaining(path -> path.toString().endsWith(".new"));
  }

  @ParameterizedTest
  @CsvSource({
    "name-secret, ''", "name-secret, 00ff", "name-secret, no hexadecimal",
    "names, ''", "names, relay-names 2", "names, relay",
  })
  void store_thatIsBroken_isNamed(String file, String content) throws Exception {
    NameStore.open(dir);
    Files.writeString(dir.resolve(file), content);
    assertThatThrownBy(() -> NameStore.open(dir))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(dir.resolve(file).toString())
        .hasMessageContaining("expected");
  }

  private static HostnameAllocator names(Path directory) throws IOException {
    return new HostnameAllocator(DOMAIN, NameStore.open(directory), name -> false);
  }
}
