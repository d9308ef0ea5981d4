package relay.client;

import java.io.BufferedReader;
import java.io.Console;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import relay.client.session.Person;

/**
 * The terminal that {@code relay} was started from. As ssh, it asks there even where standard input
 * and output go elsewhere.
 */
final class Terminal implements Person {

  private static final String DEVICE = "/dev/tty";

  @Override
  public boolean isThere() {
    try (FileInputStream in = new FileInputStream(DEVICE)) {
      return in.getFD().valid();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public boolean confirm(String question) {
    try (FileInputStream in = new FileInputStream(DEVICE);
        PrintStream out =
            new PrintStream(new FileOutputStream(DEVICE), true, Charset.defaultCharset());
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, Charset.defaultCharset()))) {
      out.print(question);
      out.flush();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String answer = line.strip().toLowerCase(Locale.ROOT);
        if (answer.equals("yes") || answer.equals("no")) {
          return answer.equals("yes");
        }
        out.print("Please type 'yes' or 'no': ");
        out.flush();
      }
      return false;
    } catch (IOException e) {
      return false; // the terminal has gone: nobody said yes
    }
  }

  @Override
  @SuppressWarnings("SystemConsoleNull") // it does on JDK 17
  public @Nullable String passphrase(Path file, int attempt) {
    Console console = System.console();
    if (console == null) {
      return null;
    }
    char[] typed = console.readPassword("Passphrase for %s: ", file);
    return typed == null || typed.length == 0 ? null : new String(typed);
  }
}
