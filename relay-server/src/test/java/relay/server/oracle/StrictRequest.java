package relay.server.oracle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A request read by the letter of RFC 9112, without any library: whatever a second reader could
 * take otherwise is a {@link Violation}, also where the RFC would let a server repair it.
 */
public final class StrictRequest {

  /** The request is not one, or not only one. */
  public static final class Violation extends RuntimeException {
    Violation(String message) {
      super(message);
    }
  }

  /** One line of the head, or of the trailers. */
  public record Field(String name, String value) {}

  private static final String TOKEN_OTHERS = "!#$%&'*+-.^_`|~";
  private static final int MAX_CHUNK_DIGITS = 7;

  public final String method;
  public final String target;
  public final List<Field> fields;
  private final Recording in;
  private final StringBuilder body = new StringBuilder();
  private List<Field> trailers = List.of();

  private StrictRequest(Recording in) throws IOException {
    this.in = in;
    String line = line(in);
    int first = line.indexOf(' ');
    int second = line.indexOf(' ', first + 1);
    check(first > 0 && second > first + 1, "a request line of other than three words: " + line);
    check(line.substring(second).equals(" HTTP/1.1"), "a version other than HTTP/1.1: " + line);
    method = line.substring(0, first);
    target = line.substring(first + 1, second);
    check(isToken(method), "a method that is no token: " + line);
    check(target.chars().allMatch(c -> c > ' ' && c != 0x7f), "a control in the target: " + line);
    check(
        target.startsWith("/") || (target.equals("*") && method.equals("OPTIONS")),
        "a target that is no path: " + line);
    fields = fields(in);
    check(values("host").size() == 1, "not one Host: " + fields);
    check(values("content-length").size() <= 1, "more than one Content-Length: " + fields);
    check(values("transfer-encoding").size() <= 1, "more than one Transfer-Encoding: " + fields);
    check(
        values("content-length").isEmpty() || values("transfer-encoding").isEmpty(),
        "a Content-Length beside a Transfer-Encoding: " + fields);
  }

  static StrictRequest head(Recording in) throws IOException {
    return new StrictRequest(in);
  }

  /** Reads the body, as long as the head says. */
  void readBody() throws IOException {
    if (!values("transfer-encoding").isEmpty()) {
      check(values("transfer-encoding").get(0).equals("chunked"), "a coding: " + fields);
      int size;
      do {
        String digits = line(in);
        check(digits.matches("[0-9a-fA-F]{1,8}"), "a chunk size: " + digits);
        check(digits.length() <= MAX_CHUNK_DIGITS, "a chunk too large: " + digits);
        size = Integer.parseInt(digits, 16);
        read(size);
        if (size > 0) {
          check(line(in).isEmpty(), "no line end behind a chunk");
        }
      } while (size > 0);
      trailers = fields(in);
    } else if (!values("content-length").isEmpty()) {
      String digits = values("content-length").get(0);
      check(digits.matches("0|[1-9][0-9]{0,8}"), "a length: " + digits);
      read(Integer.parseInt(digits));
    }
  }

  private void read(int size) throws IOException {
    for (int i = 0; i < size; i++) {
      body.append((char) in.next());
    }
  }

  /** The values of a field, whose name is given in lower case. */
  public List<String> values(String name) {
    return fields.stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  public String body() {
    return body.toString();
  }

  public List<Field> trailers() {
    return trailers;
  }

  private static List<Field> fields(Recording in) throws IOException {
    List<Field> fields = new ArrayList<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      check(colon > 0 && isToken(line.substring(0, colon)), "a field without a name: " + line);
      String value = line.substring(colon + 1);
      check(value.chars().allMatch(c -> c >= ' ' && c != 0x7f || c == '\t'), "a control: " + line);
      fields.add(new Field(line.substring(0, colon), value.strip()));
    }
    return fields;
  }

  /** Up to and without CR LF; neither stands alone in it. */
  private static String line(Recording in) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = in.next();
      check(c != '\n' && c != 0, "a bare LF or a NUL behind: " + line);
      if (c == '\r') {
        check(in.next() == '\n', "a bare CR behind: " + line);
        return line.toString();
      }
      line.append((char) c);
    }
  }

  static boolean isToken(String text) {
    return !text.isEmpty()
        && text.chars()
            .allMatch(c ->
                (c >= '0' && c <= '9')
                    || (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || TOKEN_OTHERS.indexOf(c) >= 0);
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new Violation(what);
    }
  }
}
