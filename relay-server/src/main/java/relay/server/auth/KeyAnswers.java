package relay.server.auth;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import relay.server.config.KeyCommand;

/** Runs the key command, or fetches its URL. Blocking, for as long as an answer may take. */
final class KeyAnswers {

  private static final int MAX_ANSWER = 64 * 1024;
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  private final KeyCommand command;
  private final Duration limit;
  private final HttpClient http;

  KeyAnswers(KeyCommand command, Duration limit) {
    this.command = command;
    this.limit = limit;
    this.http = HttpClient.newBuilder().connectTimeout(limit).build(); // follows no redirect
  }

  /**
   * The lines for a key, none where it is not let in.
   *
   * @throws IOException where there is no answer to be relied on: none in time, a failure, or more
   *     than 64 KiB
   */
  String ask(KeyQuestion question) throws IOException {
    return command.isUrl() ? fetch(question) : run(question);
  }

  private String run(KeyQuestion question) throws IOException {
    List<String> words =
        command.words().size() == 1
            ? List.of(command.words().get(0), question.user()) // as sshd
            : command.words().stream().map(question::inWord).toList();
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(Path.of("/").toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
    Process process = builder.start();
    try {
      // Not read before its end: a pipe holds all that an answer may have.
      if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException("no end within " + limit.toMillis() + " ms, or more than 64 KiB");
      }
      if (process.exitValue() != 0) {
        throw new IOException("exit status " + process.exitValue());
      }
      return whatIsThere(process.getInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** Without waiting for the end, which a process that was left behind may hold back. */
  private static String whatIsThere(InputStream pipe) throws IOException {
    try (InputStream in = pipe) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int there = in.available(); there > 0; there = in.available()) {
        all.writeBytes(in.readNBytes(there));
      }
      return all.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private String fetch(KeyQuestion question) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(question.inUrl(command.words().get(0))))
            .timeout(limit)
            .build();
    try {
      HttpResponse<InputStream> response =
          http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        return switch (response.statusCode()) {
          case OK -> read(body);
          case NOT_FOUND -> "";
          default -> throw new IOException("status " + response.statusCode());
        };
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      throw new IllegalStateException("a body closes", e);
    }
  }

  /** Reads to the end, which has to come in time: the request's own limit is for its head. */
  private String read(InputStream in) throws IOException {
    Executor late = CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS);
    CompletableFuture<Void> timer = CompletableFuture.runAsync(() -> close(in), late);
    byte[] bytes;
    try {
      bytes = in.readNBytes(MAX_ANSWER + 1);
    } finally {
      timer.cancel(false);
    }
    if (timer.isDone() && !timer.isCancelled()) {
      throw new IOException("no end within " + limit.toMillis() + " ms");
    }
    if (bytes.length > MAX_ANSWER) {
      throw new IOException("an answer of more than " + MAX_ANSWER + " bytes");
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
