package relay.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import relay.common.endpoint.InvalidValue;
import relay.server.auth.Identity;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Reservations;

/**
 * The operator's requests about names: {@code {"do":"reserve","name":"foo","to":"SHA256:…"}}, also
 * with {@code "pool":true}, {@code {"do":"release","name":"foo"}}, {@code {"do":"names"}}. Any
 * thread.
 */
public final class NameRequests implements OperatorRequests.Some {

  /** A key's, that of an authority with the login name behind it, or a token's. */
  private static final Pattern IDENTITY =
      Pattern.compile("SHA256:[A-Za-z0-9+/]{43}(/\\S{1,255})?|token:[a-z0-9]{8}");

  private final Reservations reservations;

  public NameRequests(Reservations reservations) {
    this.reservations = reservations;
  }

  @Override
  public Set<String> words() {
    return Set.of("reserve", "release", "names");
  }

  @Override
  public CompletableFuture<List<String>> answer(JsonNode asked) throws RefusedException {
    switch (asked.path("do").asText()) {
      case "reserve" -> {
        Identity to = identity(asked.path("to").asText());
        return reservations
            .reserve(
                asked.path("name").asText(),
                to,
                asked.has("pool") ? (Boolean) asked.get("pool").asBoolean() : null)
            .thenApply(name -> OperatorRequests.done(name + " is reserved for " + to.id()));
      }
      case "release" -> {
        return reservations
            .release(asked.path("name").asText(), null)
            .thenApply(released -> OperatorRequests.done(released.name() + " is released"));
      }
      case "names" -> {
        return CompletableFuture.completedFuture(OperatorRequests.listed(reservations.list()));
      }
      default -> throw new IllegalArgumentException("none of words()");
    }
  }

  private static Identity identity(String text) throws RefusedException {
    if (!IDENTITY.matcher(text).matches()) {
      throw OperatorRequests.refused(
          "'"
              + InvalidValue.shown(text)
              + "': expected a key's fingerprint, SHA256:…, as ssh-keygen -l shows it, or that of a"
              + " certificate's authority, a slash and the login name, or token: and a token's id");
    }
    return new Identity(text, text);
  }
}
