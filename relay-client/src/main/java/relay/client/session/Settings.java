package relay.client.session;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a relay and what to ask of it.
 *
 * @param sshDirectory where keys and {@code known_hosts} are, {@code ~/.ssh}
 * @param identity the only key to offer; null for those of the agent and of {@code sshDirectory}
 * @param token what is given instead of keys; null for keys
 * @param agent the socket of the agent, where there is one
 * @param acceptNew whether an unknown host key is taken without a question
 */
public record Settings(
    ServerAddress server,
    Forward forward,
    Path sshDirectory,
    @Nullable Path identity,
    @Nullable String token,
    @Nullable Path agent,
    boolean acceptNew,
    Person person) {

  /** Without the token, which belongs into no message. */
  @Override
  public String toString() {
    return server + " " + forward;
  }
}
