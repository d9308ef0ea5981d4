package relay.common.endpoint;

/**
 * The name by which a local service knows itself: what it is asked for in Host, and what it writes
 * into its redirects. A service on the loopback interface answers to all names of that.
 */
public final class LocalName {

  /** A service somewhere on {@code localhost}: whoever forwarded it did not tell the port. */
  public static final LocalName LOCALHOST = localhost();

  private final String text;
  private final Authority authority;
  private final boolean anyPort;

  private LocalName(String text, Authority authority, boolean anyPort) {
    this.text = text;
    this.authority = authority;
    this.anyPort = anyPort;
  }

  private static LocalName localhost() {
    LocalName name = of("localhost");
    return new LocalName(name.text, name.authority, true);
  }

  /**
   * Reads {@code host} or {@code host:port}.
   *
   * @throws InvalidValue where it could not stand in a Host header
   */
  public static LocalName of(String text) {
    Authority authority = Authority.parse(text);
    if (authority == null) {
      throw new InvalidValue(text, "a Host header", "a name or address, with or without a port");
    }
    return new LocalName(text, authority, false);
  }

  /** As it is sent. */
  public String text() {
    return text;
  }

  /** The same, parsed. */
  public Authority authority() {
    return authority;
  }

  public boolean isLoopback() {
    return isLoopback(authority);
  }

  /**
   * Whether an authority in a URL of the service's means the service.
   *
   * @param schemePort what the URL's scheme stands for where no port is given
   */
  public boolean isMeantBy(Authority other, int schemePort) {
    return isMeantBy(other)
        && (anyPort
            || (authority.port() < 0 ? schemePort : authority.port())
                == (other.port() < 0 ? schemePort : other.port()));
  }

  /** Whether a host alone, as in the domain of a cookie, means the service. */
  public boolean isMeantBy(String host) {
    Authority other = Authority.parse(host);
    return other != null && isMeantBy(other);
  }

  private boolean isMeantBy(Authority other) {
    return authority.host().equals(other.host()) || (isLoopback(authority) && isLoopback(other));
  }

  private static boolean isLoopback(Authority authority) {
    return switch (authority.host()) {
      case "localhost", "127.0.0.1", "[::1]" -> true;
      default -> false;
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LocalName name && name.text.equals(text) && name.anyPort == anyPort;
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
