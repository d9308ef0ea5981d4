package relay.server;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A program that a test runs: what it prints is kept, and can be waited for. */
final class Command implements Closeable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<String> words;
  private final Process process;
  private final Output out;
  private final Output err;

  private Command(List<String> words, Process process) {
    this.words = words;
    this.process = process;
    this.out = new Output(process.getInputStream());
    this.err = new Output(process.getErrorStream());
  }

  static Command start(List<String> words) {
    return start(words, null);
  }

  static Command start(List<String> words, @Nullable Path directory) {
    try {
      ProcessBuilder builder = new ProcessBuilder(words);
      builder.environment().remove("SSH_AUTH_SOCK");
      builder.environment().put("LC_ALL", "C.UTF-8");
      builder.environment().put("NO_COLOR", "1"); // some programs colour what they print in a CI
      if (directory != null) {
        builder.directory(directory.toFile());
      }
      return new Command(words, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Command start(String... words) {
    return start(List.of(words));
  }

  /** Runs to the end, which must be a success, and gives what was printed. */
  static String run(String... words) {
    try (Command command = start(words)) {
      int status = command.exitStatus();
      if (status != 0) {
        throw new AssertionError(command + " ended with " + status);
      }
      return command.out();
    }
  }

  long pid() {
    return process.pid();
  }

  OutputStream stdin() {
    return process.getOutputStream();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end. */
  int exitStatus() {
    return exitStatus(PATIENCE);
  }

  int exitStatus(Duration patience) {
    try {
      if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(this + " does not end");
      }
      out.awaitEnd();
      err.awaitEnd();
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  String out() {
    return out.text();
  }

  String err() {
    return err.text();
  }

  /** Waits for a match in a line of standard output and gives its first group, or all of it. */
  String awaitOut(String regex) {
    return await(out, regex);
  }

  String awaitErr(String regex) {
    return await(err, regex);
  }

  private String await(Output output, String regex) {
    Pattern pattern = Pattern.compile(regex, Pattern.MULTILINE);
    boolean found = output.await(text -> pattern.matcher(text).find(), PATIENCE);
    Matcher matcher = pattern.matcher(output.text());
    if (!found || !matcher.find()) {
      throw new AssertionError("'" + regex + "' was not printed by " + this);
    }
    return matcher.groupCount() > 0 ? matcher.group(1) : matcher.group();
  }

  /** Sends a signal by name, such as INT or STOP. */
  void signal(String name) {
    run("kill", "-" + name, Long.toString(pid()));
  }

  /** Ends it at once, with the processes that it started. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(this + " cannot be ended");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return String.join(" ", words) + "\nstdout: " + out.text() + "\nstderr: " + err.text();
  }

  /** What is read from one of its pipes, by a thread of its own. */
  private static final class Output {

    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    Output(InputStream in) {
      Thread reader = new Thread(() -> read(in), "output");
      reader.setDaemon(true);
      reader.start();
    }

    private void read(InputStream in) {
      try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          add(line);
        }
      } catch (IOException e) {
        add("(" + e + ")");
      } finally {
        end();
      }
    }

    private synchronized void add(String line) {
      lines.add(line);
      notifyAll();
    }

    private synchronized void end() {
      ended = true;
      notifyAll();
    }

    synchronized String text() {
      return String.join("\n", lines);
    }

    synchronized boolean await(Predicate<String> wanted, Duration patience) {
      long deadline = System.nanoTime() + patience.toNanos();
      while (!wanted.test(text())) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (ended || left <= 0) {
          return false;
        }
        try {
          wait(left);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      return true;
    }

    void awaitEnd() {
      await(text -> false, PATIENCE);
    }
  }
}
