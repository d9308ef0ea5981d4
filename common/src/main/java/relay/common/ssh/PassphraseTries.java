package relay.common.ssh;

import java.nio.file.Path;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.session.SessionContext;
import org.jspecify.annotations.Nullable;

/** Asks up to three times, as ssh does; MINA takes no answer for a failed login. */
final class PassphraseTries implements FilePasswordProvider {

  private static final int TRIES = 3;

  private final Path file;
  private final KeyFiles.Passphrase passphrase;

  PassphraseTries(Path file, KeyFiles.Passphrase passphrase) {
    this.file = file;
    this.passphrase = passphrase;
  }

  @Override
  public @Nullable String getPassword(
      @Nullable SessionContext session, @Nullable NamedResource resource, int attempt) {
    return passphrase.ask(file, attempt);
  }

  @Override
  public ResourceDecodeResult handleDecodeAttemptResult(
      @Nullable SessionContext session,
      @Nullable NamedResource resource,
      int attempt,
      @Nullable String password,
      @Nullable Exception failure) {
    return failure != null && attempt + 1 < TRIES
        ? ResourceDecodeResult.RETRY
        : ResourceDecodeResult.TERMINATE;
  }
}
