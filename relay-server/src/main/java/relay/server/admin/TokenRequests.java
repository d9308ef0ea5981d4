package relay.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import relay.common.config.Durations;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.server.auth.ExpiryTime;
import relay.server.auth.Token;
import relay.server.auth.TokenException;
import relay.server.auth.TokenStore;
import relay.server.tunnel.RefusedException;

/**
 * The operator's requests about tokens: {@code
 * {"do":"token-create","label":"ci","expires":"30d","options":"…"}}, {@code {"do":"token-list"}},
 * {@code {"do":"token-revoke","token":"k3f9x2ab"}}. Any thread.
 */
public final class TokenRequests implements OperatorRequests.Some {

  private final TokenStore tokens;

  public TokenRequests(TokenStore tokens) {
    this.tokens = tokens;
  }

  @Override
  public Set<String> words() {
    return Set.of("token-create", "token-list", "token-revoke");
  }

  @Override
  public CompletableFuture<List<String>> answer(JsonNode asked) throws RefusedException {
    return switch (asked.path("do").asText()) {
      case "token-create" -> create(asked);
      case "token-revoke" -> revoke(asked.path("token").asText());
      default ->
          CompletableFuture.completedFuture(
              OperatorRequests.listed(
                  tokens.get().list().stream().map(TokenRequests::shown).toList()));
    };
  }

  private CompletableFuture<List<String>> create(JsonNode asked) throws RefusedException {
    try {
      return written(
          tokens
              .create(
                  asked.path("label").asText(),
                  asked.path("options").asText(),
                  expires(asked.path("expires").asText()))
              .thenApply(issued -> {
                Map<String, String> answer = new LinkedHashMap<>();
                answer.put("token", issued.text());
                answer.putAll(shown(issued.token()));
                return OperatorRequests.done(answer);
              }));
    } catch (TokenException e) {
      throw OperatorRequests.refused(String.valueOf(e.getMessage()));
    }
  }

  /** By {@code 30d} and the like from now on, or a time as sshd's {@code expiry-time} has them. */
  private static @Nullable Instant expires(String text) throws RefusedException {
    if (text.isEmpty()) {
      return null;
    }
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    try {
      Instant then =
          text.matches("[0-9]+(ms|s|m|h|d)")
              ? now.plus(Durations.of(text))
              : ExpiryTime.of(text, ZoneId.systemDefault());
      if (!then.isAfter(now)) {
        throw OperatorRequests.refused("'" + InvalidValue.shown(text) + "' is past already");
      }
      return then;
    } catch (InvalidValue e) {
      throw OperatorRequests.refused(
          "'"
              + InvalidValue.shown(text)
              + "' is no end: expected a duration such as 12h or 30d, or a time such as 20301231");
    }
  }

  private CompletableFuture<List<String>> revoke(String name) throws RefusedException {
    String bare = Token.idIn(name);
    List<Token> named =
        tokens.get().list().stream()
            .filter(token -> token.id().equals(bare) || token.label().equals(name))
            .toList();
    if (named.isEmpty() || name.isEmpty()) {
      throw OperatorRequests.refused(
          RefusalCode.TOKEN_UNKNOWN,
          "no token has the id or the label '" + InvalidValue.shown(name) + "'");
    }
    if (named.size() > 1) {
      throw OperatorRequests.refused(
          "'"
              + InvalidValue.shown(name)
              + "' are several, expected one of "
              + String.join(", ", named.stream().map(Token::id).toList()));
    }
    String id = named.get(0).id();
    return written(
        tokens
            .revoke(id)
            .thenApply(
                found -> OperatorRequests.done("token:" + id + " is revoked; its sessions end")));
  }

  private static <T> CompletableFuture<T> written(CompletableFuture<T> change) {
    return change.exceptionally(thrown -> {
      Throwable failure = thrown instanceof CompletionException ? thrown.getCause() : thrown;
      throw new CompletionException(
          OperatorRequests.refused(
              RefusalCode.STORE_FAILED,
              "the tokens cannot be written down: " + Untrusted.harmless("" + failure)));
    });
  }

  private static Map<String, String> shown(Token token) {
    Map<String, String> shown = new LinkedHashMap<>();
    shown.put("id", token.id());
    shown.put("label", token.label());
    shown.put("created", token.created().toString());
    shown.put("expires", token.expires() == null ? "" : token.expires().toString());
    shown.put("options", token.options());
    shown.put("state", token.isOver(Instant.now()) ? "expired" : "good");
    return shown;
  }
}
