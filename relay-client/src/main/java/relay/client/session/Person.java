package relay.client.session;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whoever sits at the terminal. May block; never called on an event loop. */
public interface Person {

  /** Nobody: what would be asked is refused. */
  Person NOBODY =
      new Person() {
        @Override
        public boolean isThere() {
          return false;
        }

        @Override
        public boolean confirm(String question) {
          return false;
        }

        @Override
        public @Nullable String passphrase(Path file, int attempt) {
          return null;
        }
      };

  /** Whether there is a terminal to ask at. */
  boolean isThere();

  /** Asks a question that is to be answered with yes or no. */
  boolean confirm(String question);

  /**
   * Asks for the passphrase of a private key.
   *
   * @param attempt from 0
   * @return null to go on without this key
   */
  @Nullable String passphrase(Path file, int attempt);
}
