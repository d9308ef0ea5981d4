package relay.server.auth;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Base64;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.sshd.common.config.keys.KeyUtils;
import relay.common.ssh.PublicKeyLine;

/**
 * Whose lines are asked for.
 *
 * @param user the login name
 * @param key in base64
 */
record KeyQuestion(String user, String fingerprint, String type, String key) {

  private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._@+-]{0,63}");

  private static final Pattern TOKEN = Pattern.compile("%([uftk%])");

  static KeyQuestion of(PublicKey key, String user) {
    return new KeyQuestion(
        user,
        PublicKeyLine.fingerprint(key),
        KeyUtils.getKeyType(key),
        Base64.getEncoder().encodeToString(PublicKeyLine.blob(key)));
  }

  /**
   * Whether it may be asked: any login name gets this far, and one that a program could take for an
   * option, or a part of a path for another, may not.
   */
  boolean isSafe() {
    return SAFE.matcher(user).matches();
  }

  /** A word of the command, with what it stands for. */
  String inWord(String word) {
    return replaced(word, UnaryOperator.identity());
  }

  String inUrl(String url) {
    return replaced(url, text -> URLEncoder.encode(text, StandardCharsets.UTF_8));
  }

  private String replaced(String text, UnaryOperator<String> written) {
    return TOKEN
        .matcher(text)
        .replaceAll((MatchResult found) ->
            Matcher.quoteReplacement(
                switch (found.group(1)) {
                  case "u" -> written.apply(user);
                  case "f" -> written.apply(fingerprint);
                  case "t" -> written.apply(type);
                  case "k" -> written.apply(key);
                  default -> "%";
                }));
  }
}
