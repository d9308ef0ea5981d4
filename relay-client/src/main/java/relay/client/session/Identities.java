package relay.client.session;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import relay.common.ssh.Agent;
import relay.common.ssh.KeyFileException;
import relay.common.ssh.KeyFiles;
import relay.common.ssh.PublicKeyLine;

/**
 * The keys that are offered, the agent's first: as ssh does, it is not asked for the passphrase of
 * a key before the others were refused, nor for one that the agent holds.
 *
 * @param ofAgent those of the agent's keys that are offered
 * @param pairs those read from files
 * @param locked files whose passphrase is not known
 * @param unreadable why others cannot be used, a line each
 * @param token whether a token is given, and no key
 */
record Identities(
    Set<PublicKey> ofAgent,
    List<KeyPair> pairs,
    List<Path> locked,
    List<String> unreadable,
    boolean token) {

  /** Blocking. */
  static Identities load(Settings settings, KeyFiles.Passphrase passphrase) {
    if (settings.token() != null) {
      return new Identities(Set.of(), List.of(), List.of(), List.of(), true);
    }
    Set<PublicKey> ofAgent = settings.agent() == null ? Set.of() : agentKeys(settings.agent());
    List<KeyPair> pairs = new ArrayList<>();
    List<Path> locked = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    for (Path file : files(settings)) {
      Optional<PublicKey> known = KeyFiles.publicKeyOf(file);
      if (known.isPresent() && ofAgent.contains(known.get())) {
        continue;
      }
      boolean[] asked = new boolean[1];
      try {
        pairs.add(
            KeyFiles.read(
                file,
                (path, attempt) -> {
                  asked[0] = true;
                  return passphrase.ask(path, attempt);
                }));
      } catch (KeyFileException e) {
        if (asked[0]) {
          locked.add(file);
        }
        unreadable.add(String.valueOf(e.getMessage()));
      }
    }
    Set<PublicKey> offered =
        settings.identity() == null ? ofAgent : only(settings.identity(), ofAgent);
    return new Identities(offered, pairs, locked, unreadable, false);
  }

  private static List<Path> files(Settings settings) {
    return settings.identity() == null
        ? KeyFiles.identities(settings.sshDirectory())
        : List.of(settings.identity());
  }

  /** An agent that does not answer is as good as none. */
  private static Set<PublicKey> agentKeys(Path socket) {
    Set<PublicKey> keys = new HashSet<>();
    try (Agent agent = Agent.connect(socket)) {
      for (Map.Entry<PublicKey, String> entry : agent.getIdentities()) {
        keys.add(entry.getKey());
      }
    } catch (IOException e) {
      return Set.of();
    }
    return keys;
  }

  private static Set<PublicKey> only(Path identity, Set<PublicKey> ofAgent) {
    return KeyFiles.publicKeyOf(identity).filter(ofAgent::contains).map(Set::of).orElse(Set.of());
  }

  /** Why none of these was let in. */
  String refused(ServerAddress server) {
    if (token) {
      return server + " refuses the token of RELAY_TOKEN";
    }
    List<String> shown = new ArrayList<>();
    ofAgent.forEach(key -> shown.add(PublicKeyLine.fingerprint(key)));
    pairs.forEach(pair -> shown.add(PublicKeyLine.fingerprint(pair.getPublic())));
    String others = unreadable.isEmpty() ? "" : "; " + String.join("; ", unreadable);
    if (shown.isEmpty()) {
      return "no key to offer to " + server + ": make one with ssh-keygen -t ed25519" + others;
    }
    return server
        + " refuses user "
        + server.user()
        + " with "
        + (shown.size() == 1 ? "the key " : "each of the keys ")
        + String.join(", ", shown)
        + others;
  }
}
