package relay.server.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import relay.common.config.WholeFile;

/**
 * The tokens, in the file {@code tokens} (0600) of the data directory: a line each, a JSON object.
 * It is written whole at each change, which is the operator's and rare. A change counts once it is
 * on the disk, and not at all where it cannot be written.
 *
 * <p>Any thread; only opening and closing wait.
 */
public final class TokenStore implements Supplier<Tokens>, Closeable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HEADER = "relay-tokens 1";

  /**
   * A token that was made.
   *
   * @param text what is shown once, and not known from then on
   */
  public record Issued(Token token, String text) {
    @Override
    public String toString() {
      return token.toString();
    }
  }

  private final Path file;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "relay-tokens");
        thread.setDaemon(true);
        return thread;
      });
  private volatile Tokens tokens;

  private TokenStore(Path file, Tokens tokens) {
    this.file = file;
    this.tokens = tokens;
  }

  /**
   * Reads the file, where there is one. Blocking.
   *
   * @throws IOException where it cannot be read, or holds something else; the message names it
   */
  public static TokenStore open(Path dataDir) throws IOException {
    Path file = dataDir.resolve("tokens");
    if (!Files.exists(file)) {
      return new TokenStore(file, Tokens.NONE);
    }
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw new IOException(file + ":1: expected '" + HEADER + "'");
    }
    List<Token> found = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      try {
        found.add(read(lines.get(i)));
      } catch (JsonProcessingException | DateTimeException | TokenException e) {
        // no cause, no text of the line: neither may come into a log
        throw new IOException(file + ":" + (i + 1) + ": expected a token as it was written");
      }
    }
    try {
      return new TokenStore(file, new Tokens(found));
    } catch (IllegalStateException e) {
      throw new IOException(file + ": expected each token once");
    }
  }

  private static Token read(String line)
      throws JsonProcessingException, TokenException, DateTimeException {
    JsonNode node = JSON.readTree(line);
    String id = node.path("id").asText();
    String hash = node.path("sha256").asText();
    if (!TokenText.isId(id) || !TokenText.isHash(hash)) {
      throw new TokenException("neither id nor hash");
    }
    return Token.of(
        id,
        node.path("label").asText(),
        hash,
        Instant.parse(node.path("created").asText()),
        node.has("expires") ? Instant.parse(node.get("expires").asText()) : null,
        node.path("options").asText());
  }

  private static String line(Token token) {
    ObjectNode node = JSON.createObjectNode();
    node.put("id", token.id())
        .put("label", token.label())
        .put("sha256", token.hash())
        .put("created", token.created().toString());
    if (token.expires() != null) {
      node.put("expires", token.expires().toString());
    }
    return node.put("options", token.options()).toString();
  }

  /** Those that there are now. */
  @Override
  public Tokens get() {
    return tokens;
  }

  /**
   * Makes a token.
   *
   * @param label how it is called; may be empty
   * @param options as before a key in {@code authorized_keys}; may be empty
   * @param expires null for never
   * @return done when it is on the disk; fails with an {@link IOException}
   * @throws TokenException where it cannot be as it was asked for
   */
  public CompletableFuture<Issued> create(String label, String options, @Nullable Instant expires)
      throws TokenException {
    String id = TokenText.newId();
    while (tokens.get(id) != null) {
      id = TokenText.newId();
    }
    String text = TokenText.of(id);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    String hash = TokenText.hash(text.getBytes(StandardCharsets.US_ASCII));
    Token token = Token.of(id, label, hash, now, expires, options);
    return change(() -> {
      List<Token> more = new ArrayList<>(tokens.list());
      more.add(token);
      write(more);
      return new Issued(token, text);
    });
  }

  /**
   * Takes a token away; its sessions end soon.
   *
   * @return done when it is on the disk, with whether there was one; fails with an {@link
   *     IOException}
   */
  public CompletableFuture<Boolean> revoke(String id) {
    return change(() -> {
      List<Token> rest = new ArrayList<>(tokens.list());
      boolean found = rest.removeIf(token -> token.id().equals(id));
      if (found) {
        write(rest);
      }
      return found;
    });
  }

  private interface Change<T> {
    T make() throws IOException;
  }

  private <T> CompletableFuture<T> change(Change<T> change) {
    try {
      return CompletableFuture.supplyAsync(
          () -> {
            try {
              return change.make();
            } catch (IOException e) {
              throw new CompletionException(e);
            }
          },
          writer);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(new IOException("the store is closed", e));
    }
  }

  private synchronized void write(List<Token> now) throws IOException {
    if (writer.isShutdown()) {
      throw new IOException("the store is closed");
    }
    List<String> lines = new ArrayList<>(List.of(HEADER));
    now.forEach(token -> lines.add(line(token)));
    String text = String.join("\n", lines) + "\n";
    WholeFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    tokens = new Tokens(now);
  }

  /** Waits for what is being written; what comes later fails. Blocking. */
  @Override
  public synchronized void close() {
    writer.shutdown();
  }
}
