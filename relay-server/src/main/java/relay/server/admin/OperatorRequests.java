package relay.server.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.server.tunnel.RefusedException;

/**
 * What the operator asks for: JSON objects of one line, whose {@code do} is the request's word.
 * Answered with lines that are JSON objects too. The last one has {@code ok}: true, or false with
 * {@code code} and {@code message}. Any thread.
 */
public final class OperatorRequests {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Requests about one thing. */
  public interface Some {

    /** Those that {@link #answer} knows. */
    Set<String> words();

    /**
     * Answers a request with one of these words.
     *
     * @return the answer's lines; fails with a {@link RefusedException}
     */
    CompletableFuture<List<String>> answer(JsonNode asked) throws RefusedException;
  }

  private final Map<String, Some> byWord = new TreeMap<>();

  public OperatorRequests(Some... all) {
    for (Some some : all) {
      some.words().forEach(word -> byWord.put(word, some));
    }
  }

  /** The answer's lines; never fails. */
  public CompletableFuture<List<String>> answer(String request) {
    CompletableFuture<List<String>> answer;
    try {
      JsonNode asked = JSON.readTree(request);
      Some some = byWord.get(asked.path("do").asText());
      if (some == null) {
        throw refused("'do': expected one of " + String.join(", ", byWord.keySet()));
      }
      answer = some.answer(asked);
    } catch (JsonProcessingException e) {
      answer = CompletableFuture.failedFuture(refused("expected a JSON object in one line"));
    } catch (RefusedException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.exceptionally(failure -> List.of(line(refusal(failure))));
  }

  static RefusedException refused(String message) {
    return refused(RefusalCode.OPTION_INVALID, message);
  }

  static RefusedException refused(RefusalCode code, String message) {
    return new RefusedException(new Refusal(code, message));
  }

  private static Refusal refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof RefusedException refused) {
      return refused.refusal();
    }
    throw new IllegalStateException("it fails with refusals", failure);
  }

  static List<String> done(String message) {
    return List.of(json(Map.of("ok", true, "message", message)));
  }

  /** An answer of one line, with these beside {@code ok}. */
  static List<String> done(Map<String, String> more) {
    Map<String, Object> all = new LinkedHashMap<>(more);
    all.put("ok", true);
    return List.of(json(all));
  }

  /** An answer of a line for each. */
  static List<String> listed(List<?> objects) {
    List<String> lines = new ArrayList<>();
    objects.forEach(object -> lines.add(json(object)));
    lines.add(json(Map.of("ok", true)));
    return lines;
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
