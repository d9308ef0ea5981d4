package relay.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import relay.common.endpoint.InvalidValue;

/**
 * What is asked for a key's lines of {@code authorized_keys}: a program with its arguments, or a
 * URL. In it {@code %u} is the login name, {@code %f} the key's fingerprint, {@code %t} its type,
 * {@code %k} the key in base64, {@code %%} a percent sign, as in sshd's AuthorizedKeysCommand.
 *
 * @param words one for a URL
 */
public record KeyCommand(List<String> words) {

  private static final String EXPECTED =
      "a program by its whole path, with arguments, or an https URL (http to the machine itself);"
          + " in either %u, %f, %t, %k and %%";
  private static final Pattern UNKNOWN_TOKEN = Pattern.compile("%(?![uftk%])");
  private static final Pattern TOKEN = Pattern.compile("%[uftk%]");
  private static final Set<String> THE_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

  /**
   * Reads a command, at its blanks: there are no quotes.
   *
   * @throws InvalidValue where it is none
   */
  public static KeyCommand of(String text) {
    KeyCommand command = new KeyCommand(List.of(text.strip().split("[ \t]+", -1)));
    boolean valid =
        command.isUrl()
            ? command.words().size() == 1 && isSafe(command.words().get(0))
            : command.words().get(0).startsWith("/");
    if (!valid || UNKNOWN_TOKEN.matcher(text.replace("%%", "")).find()) {
      throw new InvalidValue(text, "a key command", EXPECTED);
    }
    return command;
  }

  public boolean isUrl() {
    return words.get(0).startsWith("https:") || words.get(0).startsWith("http:");
  }

  private static boolean isSafe(String url) {
    try {
      URI uri = new URI(TOKEN.matcher(url).replaceAll("x"));
      String host = uri.getHost();
      return host != null
          && uri.getRawUserInfo() == null
          && (uri.getScheme().equals("https") || THE_MACHINE.contains(host));
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
