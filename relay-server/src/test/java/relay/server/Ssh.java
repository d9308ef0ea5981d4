package relay.server;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of the machine's own ssh, which sees no configuration but what is given here. */
final class Ssh {

  private final List<String> words = new ArrayList<>();
  private final String user;

  Ssh(Path knownHosts, Path key, int port, String user) {
    this(List.of(), knownHosts, port, user);
    with("-i", key.toString());
    option("IdentitiesOnly=yes");
    option("BatchMode=yes");
  }

  /** Of who has no key, and is asked by a program that gives an answer. */
  static Ssh asking(Path knownHosts, int port, String user, Path askpass) {
    List<String> program = List.of("env", "SSH_ASKPASS=" + askpass, "SSH_ASKPASS_REQUIRE=force");
    return new Ssh(program, knownHosts, port, user)
        .option("PubkeyAuthentication=no")
        .option("NumberOfPasswordPrompts=1");
  }

  private Ssh(List<String> prefix, Path knownHosts, int port, String user) {
    this.user = user;
    words.addAll(prefix);
    with("/usr/bin/ssh", "-F", "none", "-p", Integer.toString(port));
    option("StrictHostKeyChecking=yes");
    option("UserKnownHostsFile=" + knownHosts);
    option("GlobalKnownHostsFile=none");
  }

  Ssh with(String... more) {
    words.addAll(List.of(more));
    return this;
  }

  Ssh option(String option) {
    return with("-o", option);
  }

  Ssh forward(String spec) {
    return with("-R", spec);
  }

  /** Without a command: the console. */
  List<String> console() {
    return to();
  }

  /** Without a console, as most scripts call it. */
  List<String> noCommand() {
    with("-N");
    return to();
  }

  List<String> to(String... command) {
    List<String> all = new ArrayList<>(words);
    all.add(user + "@127.0.0.1");
    all.addAll(List.of(command));
    return all;
  }
}
