package relay.common.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads requests without any library: by the letter of RFC 9112, or with the liberties that readers
 * in the field take. Octets are chars of ISO 8859-1.
 */
final class HttpReader {

  /** What a reader may do beside the letter. */
  enum Liberty {
    /** A line ends at a bare LF too. */
    BARE_LF,
    /** A line ends at a bare CR too. */
    BARE_CR,
    /** A line that begins with white space goes on with the one before it. */
    FOLDS,
    /** White space around a field's name does not belong to it. */
    SPACED_NAMES,
    /** An underscore in a field's name is a hyphen. */
    UNDERSCORES,
    /** Words of the request line are parted by any white space. */
    ANY_WHITE_SPACE,
    /** {@code chunked} anywhere in a Transfer-Encoding. */
    CODING_ANYWHERE,
    /** A length is as much of a number as can be read, and the first of several. */
    FIRST_LENGTH,
    /** As {@link #FIRST_LENGTH}, but the last of several. */
    LAST_LENGTH,
    /** A length counts more than a coding. */
    LENGTH_FIRST,
    /** A chunk's size is as much of a number as can be read, {@code 0x} before it or not. */
    LOOSE_CHUNK_SIZE,
  }

  /** A whole request; names and values as they stood there. */
  record Request(
      String method,
      String target,
      List<Map.Entry<String, String>> fields,
      String body,
      List<Map.Entry<String, String>> trailers) {}

  /** It is none, or not only one. */
  static final class Violation extends Exception {
    Violation(String message) {
      super(message);
    }
  }

  /** The octets end within a request. */
  private static final class Ended extends Exception {}

  private final String octets;
  private final Set<Liberty> liberties;
  private int at;

  private HttpReader(String octets, Set<Liberty> liberties) {
    this.octets = octets;
    this.liberties = liberties;
  }

  /** The whole requests, up to {@code limit} of them; a part of another is ignored. */
  static List<Request> read(String octets, Set<Liberty> liberties, int limit) throws Violation {
    HttpReader reader = new HttpReader(octets, liberties);
    List<Request> requests = new ArrayList<>();
    try {
      while (requests.size() < limit) {
        requests.add(reader.request());
      }
    } catch (Ended e) {
      return requests;
    }
    return requests;
  }

  private boolean may(Liberty liberty) {
    return liberties.contains(liberty);
  }

  private Request request() throws Violation, Ended {
    String line = line();
    while (line.isEmpty()) { // RFC 9112 §2.2
      line = line();
    }
    String[] words = line.split(may(Liberty.ANY_WHITE_SPACE) ? "[ \t\u000b\f]+" : " ", -1);
    check(words.length == 3, "a request line of other than three words");
    check(isToken(words[0]), "a method that is no token");
    check(words[1].chars().allMatch(c -> c > ' ' && c != 0x7f), "a target with a control in it");
    check(words[2].matches("HTTP/1\\.[01]"), "a version");
    List<Map.Entry<String, String>> fields = fields();
    StringBuilder body = new StringBuilder();
    List<Map.Entry<String, String>> trailers = List.of();
    long length = length(fields, words[2].endsWith("0"));
    if (length == RequestHead.CHUNKED) {
      long size = size(line());
      while (size > 0) {
        body.append(take(size));
        check(line().isEmpty(), "a chunk without a line end");
        size = size(line());
      }
      trailers = fields();
    } else {
      body.append(take(length));
    }
    return new Request(words[0], words[1], fields, body.toString(), trailers);
  }

  private String take(long length) throws Ended {
    if (length > octets.length() - at) {
      throw new Ended();
    }
    at += (int) length;
    return octets.substring(at - (int) length, at);
  }

  private String line() throws Violation, Ended {
    for (int i = at; i < octets.length(); i++) {
      char c = octets.charAt(i);
      if (c == '\n') {
        check(may(Liberty.BARE_LF), "a bare LF");
        return lineTo(i, i + 1);
      }
      if (c == '\r') {
        if (i + 1 == octets.length()) {
          throw new Ended();
        }
        if (octets.charAt(i + 1) == '\n') {
          return lineTo(i, i + 2);
        }
        check(may(Liberty.BARE_CR), "a bare CR");
        return lineTo(i, i + 1);
      }
    }
    throw new Ended();
  }

  private String lineTo(int end, int next) {
    String line = octets.substring(at, end);
    at = next;
    return line;
  }

  private List<Map.Entry<String, String>> fields() throws Violation, Ended {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      if (may(Liberty.FOLDS) && !fields.isEmpty() && " \t".indexOf(line.charAt(0)) >= 0) {
        Map.Entry<String, String> last = fields.remove(fields.size() - 1);
        fields.add(Map.entry(last.getKey(), trim(last.getValue() + " " + trim(line))));
      } else {
        int colon = line.indexOf(':');
        check(colon >= 0, "a field without a colon");
        String name = line.substring(0, colon);
        name = may(Liberty.SPACED_NAMES) ? trim(name) : name;
        check(isToken(name), "a field's name that is no token");
        String value = trim(line.substring(colon + 1));
        check(value.chars().allMatch(c -> (c >= ' ' && c != 0x7f) || c == '\t'), "a control");
        fields.add(Map.entry(name, value));
      }
    }
    return fields;
  }

  private long length(List<Map.Entry<String, String>> fields, boolean http10) throws Violation {
    List<String> lengths = values(fields, "content-length");
    List<String> codings = values(fields, "transfer-encoding");
    boolean chunked =
        may(Liberty.CODING_ANYWHERE)
            ? codings.stream().anyMatch(value -> lower(value).contains("chunked"))
            : !codings.isEmpty();
    boolean pick = may(Liberty.FIRST_LENGTH) || may(Liberty.LAST_LENGTH);
    if (!pick) {
      check(lengths.size() <= 1, "more than one length");
      check(lengths.isEmpty() || codings.isEmpty(), "a length and a coding");
      check(codings.size() <= 1, "more than one coding");
      check(codings.isEmpty() || !http10, "a coding on HTTP/1.0");
      check(codings.isEmpty() || lower(codings.get(0)).equals("chunked"), "another coding");
    }
    if (chunked && (lengths.isEmpty() || !may(Liberty.LENGTH_FIRST))) {
      return RequestHead.CHUNKED;
    }
    if (lengths.isEmpty()) {
      return 0;
    }
    String value = lengths.get(may(Liberty.LAST_LENGTH) ? lengths.size() - 1 : 0);
    String digits = pick ? value.replaceFirst("^[+ ]*([0-9]*).*$", "$1") : value;
    check(digits.matches("[0-9]{1,18}"), "a length that is no number");
    return Long.parseLong(digits);
  }

  private List<String> values(List<Map.Entry<String, String>> fields, String name) {
    return fields.stream()
        .filter(field -> {
          String key = lower(field.getKey());
          return (may(Liberty.UNDERSCORES) ? key.replace('_', '-') : key).equals(name);
        })
        .map(Map.Entry::getValue)
        .toList();
  }

  private long size(String line) throws Violation {
    String digits = line.indexOf(';') < 0 ? line : line.substring(0, line.indexOf(';'));
    String extension = line.substring(digits.length());
    check(extension.chars().allMatch(c -> (c >= ' ' && c != 0x7f) || c == '\t'), "an extension");
    if (may(Liberty.LOOSE_CHUNK_SIZE)) {
      digits = digits.strip().replaceFirst("^(0[xX])?([0-9a-fA-F]*).*$", "$2");
    }
    check(digits.matches("[0-9a-fA-F]{1,15}"), "a chunk's size that is no number");
    return Long.parseLong(digits, 16);
  }

  private static boolean isToken(String text) {
    return !text.isEmpty()
        && text.chars()
            .allMatch(c ->
                (c >= '0' && c <= '9')
                    || (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
  }

  /** Optional white space (RFC 9110 §5.6.3) is SP and HTAB. */
  private static String trim(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && " \t".indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    while (end > start && " \t".indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    return text.substring(start, end);
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static void check(boolean holds, String what) throws Violation {
    if (!holds) {
      throw new Violation(what);
    }
  }
}
