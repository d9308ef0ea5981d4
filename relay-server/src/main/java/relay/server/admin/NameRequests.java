package relay.server.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import relay.common.endpoint.InvalidValue;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.server.auth.Identity;
import relay.server.tunnel.RefusedException;
import relay.server.tunnel.Reservations;

/**
 * The operator's requests about names: JSON objects of one line, such as {@code
 * {"do":"reserve","name":"foo","to":"SHA256:…"}}, also with {@code "pool":true}, {@code
 * {"do":"release","name":"foo"}}, {@code {"do":"names"}}. Answered with lines that are JSON objects
 * too. The last one has {@code ok}: true, or false with {@code code} and {@code message}. Any
 * thread.
 */
public final class NameRequests {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A key's, or that of an authority with the login name behind it. */
  private static final Pattern IDENTITY = Pattern.compile("SHA256:[A-Za-z0-9+/]{43}(/\\S{1,255})?");

  private final Reservations reservations;

  public NameRequests(Reservations reservations) {
    this.reservations = reservations;
  }

  /** The answer's lines; never fails. */
  public CompletableFuture<List<String>> answer(String request) {
    CompletableFuture<List<String>> answer;
    try {
      answer = read(request);
    } catch (RefusedException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.exceptionally(failure -> List.of(line(refusal(failure))));
  }

  private CompletableFuture<List<String>> read(String request) throws RefusedException {
    JsonNode asked = parse(request);
    switch (asked.path("do").asText()) {
      case "reserve" -> {
        Identity to = identity(asked.path("to").asText());
        return reservations
            .reserve(
                asked.path("name").asText(),
                to,
                asked.has("pool") ? (Boolean) asked.get("pool").asBoolean() : null)
            .thenApply(name -> done(name + " is reserved for " + to.id()));
      }
      case "release" -> {
        return reservations
            .release(asked.path("name").asText(), null)
            .thenApply(released -> done(released.name() + " is released"));
      }
      case "names" -> {
        List<String> lines = new ArrayList<>();
        reservations.list().forEach(listed -> lines.add(json(listed)));
        lines.add(json(Map.of("ok", true)));
        return CompletableFuture.completedFuture(lines);
      }
      default -> throw refused("'do': expected reserve, release or names");
    }
  }

  private static JsonNode parse(String request) throws RefusedException {
    try {
      return JSON.readTree(request);
    } catch (JsonProcessingException e) {
      throw refused("expected a JSON object in one line");
    }
  }

  private static Identity identity(String text) throws RefusedException {
    if (!IDENTITY.matcher(text).matches()) {
      throw refused(
          "'"
              + InvalidValue.shown(text)
              + "': expected a key's fingerprint, SHA256:…, as ssh-keygen -l shows it, or that of a"
              + " certificate's authority, a slash and the login name");
    }
    return new Identity(text, text);
  }

  private static RefusedException refused(String message) {
    return new RefusedException(new Refusal(RefusalCode.OPTION_INVALID, message));
  }

  private static Refusal refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof RefusedException refused) {
      return refused.refusal();
    }
    throw new IllegalStateException("it fails with refusals", failure);
  }

  private static List<String> done(String message) {
    return List.of(json(Map.of("ok", true, "message", message)));
  }

  private static String line(Refusal why) {
    return json(
        Map.of("ok", false, "code", why.code().id(), "message", Untrusted.harmless(why.message())));
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings are always JSON", e);
    }
  }
}
