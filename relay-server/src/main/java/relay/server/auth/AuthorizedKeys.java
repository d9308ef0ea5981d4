package relay.server.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.InvalidPublicKey;
import relay.common.ssh.PublicKeyLine;

/**
 * What an {@code authorized_keys} file says, line by line (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
 * Blank lines and comments are left out.
 */
record AuthorizedKeys(List<Line> lines) {

  /** One line with a key, or that should have one; numbers count from 1. */
  sealed interface Line {
    int number();

    /** The key that stands in it, where one can be made out. */
    @Nullable PublicKey publicKey();
  }

  /**
   * A key that is let in, or lets in.
   *
   * @param authority for a {@code cert-authority}, whose certificates are let in and not itself
   */
  record Granted(int number, PublicKeyLine key, Grants grants, Authorities.@Nullable Line authority)
      implements Line {
    @Override
    public PublicKey publicKey() {
      return key.key();
    }
  }

  /** Not to be used. */
  record Refused(int number, @Nullable PublicKey publicKey, String reason) implements Line {}

  static AuthorizedKeys read(Path file) throws IOException {
    return parse(Files.readString(file, StandardCharsets.ISO_8859_1));
  }

  static AuthorizedKeys parse(String text) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String raw : text.split("\n", -1)) {
      number++;
      String line = raw.strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        lines.add(line(number, line));
      }
    }
    return new AuthorizedKeys(List.copyOf(lines));
  }

  /** As sshd does: first as a key; where it is none, as options and then a key. */
  private static Line line(int number, String line) {
    if (PublicKeyLine.looksLikeKey(line)) {
      return withoutOptions(number, line);
    }
    int end = KeyOptions.end(line);
    if (end < 0) {
      return new Refused(number, mentioned(line), "a quote is left open");
    }
    String rest = line.substring(end).strip();
    if (rest.isEmpty() || isKeyType(line.substring(0, end))) {
      return withoutOptions(number, line);
    }
    PublicKeyLine key;
    try {
      key = PublicKeyLine.parse(rest);
    } catch (InvalidPublicKey e) {
      return new Refused(number, mentioned(line), e.reason());
    }
    try {
      Grants.Draft draft = KeyOptions.parse(line.substring(0, end));
      Grants grants = draft.grants();
      return new Granted(
          number,
          key,
          grants,
          draft.authority ? new Authorities.Line(grants, List.copyOf(draft.principals)) : null);
    } catch (KeyOptions.Refused e) {
      return new Refused(number, key.key(), e.reason());
    }
  }

  private static Line withoutOptions(int number, String line) {
    try {
      return new Granted(number, PublicKeyLine.parse(line), Grants.ALL, null);
    } catch (InvalidPublicKey e) {
      return new Refused(number, null, e.reason());
    }
  }

  /**
   * A key somewhere in a line that is broken: whoever wrote it did not mean to let it in freely.
   */
  private static @Nullable PublicKey mentioned(String line) {
    String[] words = line.split("[ \t]+", -1);
    for (int i = 0; i + 1 < words.length; i++) {
      String pair = words[i] + " " + words[i + 1];
      if (PublicKeyLine.looksLikeKey(pair)) {
        try {
          return PublicKeyLine.parse(pair).key();
        } catch (InvalidPublicKey e) {
          return null; // nobody is let in by that key anyway
        }
      }
    }
    return null;
  }

  /** No option begins so; what follows is then a key that is broken. */
  private static boolean isKeyType(String word) {
    return word.startsWith("ssh-") || word.startsWith("ecdsa-") || word.startsWith("sk-");
  }
}
