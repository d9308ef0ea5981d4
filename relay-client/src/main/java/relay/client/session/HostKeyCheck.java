package relay.client.session;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Set;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.KnownHosts;
import relay.common.ssh.PublicKeyLine;

/**
 * Whether the server is the one that the user knows, as ssh with {@code StrictHostKeyChecking=ask}
 * or {@code accept-new} judges it. It never waits: where a person is to be asked, the session ends
 * with {@link SessionEnd.Unverified} and the next one finds the answer in {@code known_hosts}.
 */
final class HostKeyCheck implements ServerKeyVerifier {

  private final ServerAddress server;
  private final KnownHosts known;
  private final Path file;
  private final boolean acceptNew;
  private final boolean mayAsk;
  private @Nullable PublicKey shown;
  private @Nullable PublicKey accepted;
  private @Nullable SessionEnd verdict;

  /**
   * @param file where a new key is written
   * @param mayAsk whether there is a person
   */
  HostKeyCheck(
      ServerAddress server, KnownHosts known, Path file, boolean acceptNew, boolean mayAsk) {
    this.server = server;
    this.known = known;
    this.file = file;
    this.acceptNew = acceptNew;
    this.mayAsk = mayAsk;
  }

  /** On the event loop, at each key exchange. */
  @Override
  public boolean verifyServerKey(ClientSession session, SocketAddress remote, PublicKey key) {
    if (key.equals(accepted)) {
      return true;
    }
    shown = key;
    KnownHosts.Verdict found = known.check(server.host(), server.port(), key);
    if (found instanceof KnownHosts.Verdict.Known) {
      accepted = key;
    } else if (found instanceof KnownHosts.Verdict.Unknown) {
      if (acceptNew) {
        accepted = key;
      } else {
        verdict = mayAsk ? new SessionEnd.Unverified(this) : refused(unknown());
      }
    } else if (found instanceof KnownHosts.Verdict.Changed changed) {
      verdict =
          refused(
              "the host key of "
                  + server
                  + " has changed: it shows "
                  + described(key)
                  + ", "
                  + changed.file()
                  + ":"
                  + changed.line()
                  + " has another. Somebody may be listening in; if the server is known to have a"
                  + " new key: ssh-keygen -R '"
                  + server.knownHostsName()
                  + "'");
    } else if (found instanceof KnownHosts.Verdict.Revoked revoked) {
      verdict =
          refused(
              "the host key of "
                  + server
                  + ", "
                  + described(key)
                  + ", is revoked by "
                  + revoked.file()
                  + ":"
                  + revoked.line());
    }
    return key.equals(accepted);
  }

  /** Why the session cannot go on, once a key was not accepted. */
  @Nullable SessionEnd verdict() {
    return verdict;
  }

  /** A key that was accepted though it is not in {@code known_hosts}, to be written there. */
  boolean isNew() {
    return accepted != null
        && known.check(server.host(), server.port(), accepted)
            instanceof KnownHosts.Verdict.Unknown;
  }

  /** Writes the key that was shown into {@code known_hosts}. Blocking. */
  String remember() throws IOException {
    PublicKey key = shown;
    if (key == null) {
      throw new IllegalStateException("no host key was shown");
    }
    KnownHosts.append(file, server.host(), server.port(), key);
    return "added " + described(key) + " of " + server + " to " + file;
  }

  /** What to ask a person. */
  String question() {
    return "The authenticity of "
        + server
        + " cannot be established.\nIts key is "
        + (shown == null ? "" : described(shown))
        + ".\nContinue connecting (yes/no)? ";
  }

  /**
   * The end of it where a person did not accept the key.
   *
   * @param failure why it could not be written, where that was the reason
   */
  TunnelEvent.Ended notAccepted(@Nullable Throwable failure) {
    return ended(
        "the host key of "
            + server
            + (failure == null ? " was not accepted" : " cannot be kept: " + failure.getMessage()));
  }

  /** Key types that are known for the server: it is asked for one of these. */
  Set<String> knownTypes() {
    return known.types(server.host(), server.port());
  }

  private String unknown() {
    return "the host key of "
        + server
        + ", "
        + (shown == null ? "" : described(shown))
        + ", is not in "
        + file
        + " and there is no terminal to ask at: give --accept-new to accept it";
  }

  private static String described(PublicKey key) {
    String type = PublicKeyLine.format(key, "").split(" ", 2)[0];
    return type + " " + PublicKeyLine.fingerprint(key);
  }

  private static SessionEnd refused(String why) {
    return new SessionEnd.Final(ended(why));
  }

  private static TunnelEvent.Ended ended(String why) {
    return new TunnelEvent.Ended(TunnelEvent.Reason.HOST_KEY, why, null);
  }
}
