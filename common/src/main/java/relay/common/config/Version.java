package relay.common.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Which of the builds this is. Read from a resource that the build fills in, so that it is also
 * known when classes run from a directory, where there is no manifest.
 */
public final class Version {

  private static final String RESOURCE = "/relay/common/version.properties";
  private static final String CURRENT = read();

  private Version() {}

  /** The version of this build, for example {@code 0.1.0}; never empty. Any thread. */
  public static String current() {
    return CURRENT;
  }

  private static String read() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from this build");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + RESOURCE, e);
    }
    String version = properties.getProperty("version", "");
    if (version.isEmpty() || version.startsWith("${")) {
      throw new IllegalStateException(
          RESOURCE + " says version=\"" + version + "\", expected a version like 0.1.0");
    }
    return version;
  }
}
