package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import relay.server.auth.TokenStore.Issued;

class TokenStoreTest {

  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  @TempDir Path dir;

  private static Issued create(
      TokenStore store, String label, String options, @Nullable Instant expires) throws Exception {
    return store.create(label, options, expires).get(10, TimeUnit.SECONDS);
  }

  private static @Nullable Token find(Tokens tokens, String given) {
    return tokens.find(given.getBytes(StandardCharsets.UTF_8), HERE, Instant.now());
  }

  @Test
  void token_isFoundByItsText_alsoAfterARestart_andNothingElse() throws Exception {
    Issued issued;
    try (TokenStore store = TokenStore.open(dir)) {
      issued = create(store, "ci", "", null);
      create(store, "", "", null);
    }
    String text = issued.text();
    assertThat(text).matches("relay_[a-z2-9]{8}_[a-z2-9]{26}");
    try (TokenStore store = TokenStore.open(dir)) {
      Token found = find(store.get(), text);
      assertThat(found).isEqualTo(issued.token());
      assertThat(issued.token().identity())
          .isEqualTo(new Identity("token:" + issued.token().id(), "ci"));
      char last = text.charAt(text.length() - 1);
      String wrong = text.substring(0, text.length() - 1) + (last == 'a' ? 'b' : 'a');
      assertThat(find(store.get(), wrong)).isNull();
      assertThat(find(store.get(), text + "a")).isNull();
      assertThat(find(store.get(), text.substring(0, 14))).isNull();
      assertThat(find(store.get(), "")).isNull();
      assertThat(find(store.get(), issued.token().hash())).isNull();
    }
  }

  @Test
  void file_isItsOwnersAlone_andDoesNotHaveTheToken() throws Exception {
    try (TokenStore store = TokenStore.open(dir)) {
      assertThat(dir.resolve("tokens")).doesNotExist();
      String text = create(store, "ci", "permitlisten=\"foo:80\"", null).text();
      Path file = dir.resolve("tokens");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(file).content().doesNotContain(text).doesNotContain(text.substring(15));
    }
  }

  @Test
  void revoked_isNotFound_alsoAfterARestart() throws Exception {
    try (TokenStore store = TokenStore.open(dir)) {
      Issued one = create(store, "one", "", null);
      Issued two = create(store, "two", "", null);
      assertThat(store.revoke(one.token().id()).get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(store.revoke(one.token().id()).get(10, TimeUnit.SECONDS)).isFalse();
      try (TokenStore again = TokenStore.open(dir)) {
        assertThat(find(again.get(), one.text())).isNull();
        assertThat(find(again.get(), two.text())).isEqualTo(two.token());
        assertThat(again.get().list()).containsExactly(two.token());
      }
    }
  }

  @Test
  void expiryAndSource_areKept() throws Exception {
    Instant end = Instant.now().plusSeconds(3600).truncatedTo(ChronoUnit.SECONDS);
    try (TokenStore store = TokenStore.open(dir)) {
      String text = create(store, "", "from=\"10.0.0.0/8\"", end).text();
      byte[] given = text.getBytes(StandardCharsets.US_ASCII);
      InetAddress inside = InetAddress.getByName("10.1.2.3");
      try (TokenStore again = TokenStore.open(dir)) {
        Tokens tokens = again.get();
        assertThat(tokens.expire()).isTrue();
        assertThat(tokens.find(given, inside, end.minusSeconds(1))).isNotNull();
        assertThat(tokens.find(given, inside, end)).isNull();
        assertThat(tokens.find(given, HERE, end.minusSeconds(1))).isNull();
        assertThat(tokens.list().get(0).isOver(end)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ann smith | '' | the label is none: expected at most 64 letters, digits and ._@+-",
        "ann | permitlistn=\"x:80\" | option 'permitlistn' is unknown",
        "ann | cert-authority | option 'cert-authority' is for keys alone",
        "ann | principals=\"ann\" | option 'principals' goes with cert-authority",
      })
  void whatCannotBeHonoured_makesNoToken(String label, String options, String why)
      throws Exception {
    try (TokenStore store = TokenStore.open(dir)) {
      assertThatThrownBy(() -> store.create(label, options, null))
          .isInstanceOf(TokenException.class)
          .hasMessage(why);
      assertThat(store.get().isEmpty()).isTrue();
    }
  }

  @Test
  void whatCannotBeWritten_doesNotCount() throws Exception {
    Path gone = Files.createDirectory(dir.resolve("gone"));
    try (TokenStore store = TokenStore.open(gone)) {
      Issued kept = create(store, "", "", null);
      Files.delete(gone.resolve("tokens"));
      Files.delete(gone);
      assertThat(store.create("", "", null))
          .failsWithin(10, TimeUnit.SECONDS)
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .withCauseInstanceOf(IOException.class);
      assertThat(store.revoke(kept.token().id())).failsWithin(10, TimeUnit.SECONDS);
      assertThat(store.get().list()).containsExactly(kept.token());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "relay-names 1\n",
        "relay-tokens 1\n{}\n",
        "relay-tokens 1\n{\"id\":\"aaaaaaaa\",\"sha256\":\"secret\"}\n",
        "relay-tokens 1\nsecret\n",
      })
  void damagedFile_isNotOpened_andNotShown(String content) throws Exception {
    Path file = Files.writeString(dir.resolve("tokens"), content);
    assertThatThrownBy(() -> TokenStore.open(dir))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ":")
        .hasMessageContaining(": expected ")
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }

  @Test
  void tokens_differ() {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      assertThat(seen.add(TokenText.of("aaaaaaaa"))).isTrue();
    }
  }
}
