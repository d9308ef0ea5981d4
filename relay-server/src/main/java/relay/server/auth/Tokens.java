package relay.server.auth;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The tokens that there are at one time. Immutable; any thread. */
public final class Tokens {

  public static final Tokens NONE = new Tokens(List.of());

  /** What a text is compared with that names no token: no text has this hash. */
  private static final String NOBODYS = "0".repeat(64);

  private final Map<String, Token> byId;
  private final boolean expire;

  Tokens(Collection<Token> tokens) {
    this.byId = tokens.stream().collect(Collectors.toMap(Token::id, Function.identity()));
    this.expire = tokens.stream().anyMatch(token -> token.grants().expires());
  }

  /** The token that somebody gives, from there and now; null where it is none that lets in. */
  @Nullable Token find(byte[] given, InetAddress from, Instant now) {
    Token token = byId.get(TokenText.id(given));
    boolean same = isSame(TokenText.hash(given), token == null ? NOBODYS : token.hash());
    return token != null && same && token.grants().hold(from, now) ? token : null;
  }

  /** Takes as long for hashes that differ early as for those that differ late. */
  private static boolean isSame(String hash, String other) {
    return MessageDigest.isEqual(
        hash.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
  }

  /** The token of that id, or null. */
  @Nullable Token get(String id) {
    return byId.get(id);
  }

  /** All of them, the oldest first. */
  public List<Token> list() {
    List<Token> all = new ArrayList<>(byId.values());
    all.sort(Comparator.comparing(Token::created).thenComparing(Token::id));
    return all;
  }

  public boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Whether time alone may take rights away from a token. */
  boolean expire() {
    return expire;
  }
}
