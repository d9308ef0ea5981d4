package relay.server.tunnel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidHostname;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.endpoint.Untrusted;
import relay.server.auth.Identity;

/**
 * Which names there are below the domain: those that users ask for, and those that an identity has
 * by itself. Any thread.
 *
 * <p>An identity's own name is two words and a suffix, derived by HMAC-SHA256 from the server's
 * secret, the identity, the number of the name and how often that was given up: the same after
 * every reconnect and restart, and for others one of 2<sup>41</sup>.
 */
public final class HostnameAllocator {

  /** How many names of its own one identity may have live at once. */
  static final int OWN_NAMES = 64;

  private static final String SUFFIX_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
  private static final int SUFFIX_LENGTH = 5;
  private static final Pattern OWN =
      Pattern.compile("[a-z]+-[a-z]+-[" + SUFFIX_ALPHABET + "]{" + SUFFIX_LENGTH + "}");

  /** Names that visitors would take for the service's own, or that protocols give a meaning. */
  private static final Set<String> RESERVED =
      Set.of(
          "www",
          "admin",
          "administrator",
          "api",
          "app",
          "auth",
          "account",
          "accounts",
          "blog",
          "cdn",
          "console",
          "dashboard",
          "dev",
          "dns",
          "docs",
          "email",
          "ftp",
          "help",
          "host",
          "hostmaster",
          "imap",
          "info",
          "internal",
          "local",
          "localhost",
          "login",
          "mail",
          "mx",
          "ns",
          "ns1",
          "ns2",
          "ns3",
          "ns4",
          "oauth",
          "pop",
          "pop3",
          "postmaster",
          "proxy",
          "relay",
          "root",
          "secure",
          "security",
          "server",
          "signin",
          "signup",
          "smtp",
          "ssh",
          "ssl",
          "sso",
          "static",
          "status",
          "sts",
          "support",
          "tls",
          "tunnel",
          "web",
          "webmail",
          "webmaster",
          "wpad",
          "autoconfig",
          "autodiscover",
          "isatap",
          "abuse",
          "noreply",
          "relays",
          "me",
          "my",
          "www1",
          "www2",
          "www3");

  private final Hostname domain;
  private final NameStore store;
  private final Predicate<Hostname> reserved;
  private final SecretKeySpec secret;
  private final List<String> first = words("first-words.txt");
  private final List<String> second = words("second-words.txt");

  /**
   * @param reserved whether a name is somebody's for ever now, whatever the disk says
   */
  public HostnameAllocator(Hostname domain, NameStore store, Predicate<Hostname> reserved) {
    this.domain = domain;
    this.store = store;
    this.reserved = reserved;
    this.secret = new SecretKeySpec(store.secret(), "HmacSHA256");
  }

  public Hostname domain() {
    return domain;
  }

  /**
   * The identity's own name.
   *
   * @param number from 1
   */
  public Hostname own(Identity identity, int number) {
    byte[] bits = hmac(identity.id() + "\n" + store.counter(identity.id(), number) + "\n" + number);
    StringBuilder label = new StringBuilder();
    label.append(word(first, bits, 0)).append('-').append(word(second, bits, 2)).append('-');
    for (int i = 0; i < SUFFIX_LENGTH; i++) {
      label.append(SUFFIX_ALPHABET.charAt(bits[4 + i] & 31));
    }
    return domain.child(label.toString());
  }

  /** Which of the identity's own names a name or a port is; 0 where it is none. */
  int numberOf(Identity identity, Object root) {
    if (!(root instanceof Hostname name) || !OWN.matcher(name.firstLabel()).matches()) {
      return 0;
    }
    for (int number = 1; number <= OWN_NAMES; number++) {
      if (own(identity, number).equals(name)) {
        return number;
      }
    }
    return 0;
  }

  private static String word(List<String> words, byte[] bits, int at) {
    return words.get((((bits[at] & 0xff) << 8) | (bits[at + 1] & 0xff)) % words.size());
  }

  /**
   * The name that a label stands for.
   *
   * @throws RefusedException where users may not have it
   */
  public Hostname chosen(String label) throws RefusedException {
    Hostname name = assignable(label);
    String first = name.firstLabel();
    if (RESERVED.contains(first) && !reserved.test(name)) {
      throw refused(RefusalCode.NAME_RESERVED, first, "it is reserved; ask for another");
    }
    return name;
  }

  /** As {@link #chosen}, by the operator: he may give anybody any name that there can be. */
  Hostname assignable(String label) throws RefusedException {
    Hostname name;
    try {
      name = domain.child(label);
    } catch (InvalidHostname e) {
      throw new RefusedException(
          new Refusal(
              RefusalCode.NAME_INVALID,
              "'"
                  + Untrusted.harmless(cut(label))
                  + "' is no name below "
                  + domain
                  + ": "
                  + e.expected()));
    }
    String first = name.firstLabel();
    if (first.length() > 3 && first.startsWith("--", 2)) {
      throw refused(
          RefusalCode.NAME_INVALID,
          first,
          "punycode and the like ('--' behind two letters) are not taken");
    }
    return name;
  }

  private RefusedException refused(RefusalCode code, String label, String why) {
    return new RefusedException(
        new Refusal(code, "'" + label + "' is no name below " + domain + ": " + why));
  }

  private static String cut(String label) {
    return label.length() > 80 ? label.substring(0, 80) + "…" : label;
  }

  private byte[] hmac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(secret);
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }

  static List<String> words(String resource) {
    try (InputStream in = HostnameAllocator.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + resource);
      }
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
          .lines()
          .flatMap(line -> List.of(line.split(" ")).stream())
          .filter(word -> !word.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
