package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Certificates that the real ssh-keygen signs and the real ssh shows. */
class UserCertificatesIT {

  /** A certificate as tunnels need it. */
  private static final String[] ALL = {"-n", "ann,ops"};

  @RegisterExtension final RelayNode node = RelayNode.with();

  private String authority(String options) {
    return "cert-authority" + options + " " + node.keys().publicKey("ca");
  }

  private Command login(String person, String user, String... forwards) {
    Ssh words = node.ssh(person, user);
    List.of(forwards).forEach(forward -> words.forward(forward + ":127.0.0.1:1"));
    return node.start(words.console());
  }

  private void assertDenied(String person, String user) {
    Command ssh = node.start(node.ssh(person, user).noCommand());
    assertThat(ssh.exitStatus()).as(ssh.toString()).isEqualTo(255);
    assertThat(ssh.err()).endsWith(user + "@127.0.0.1: Permission denied (publickey).");
  }

  @Test
  void identity_isTheAuthorityAndTheLoginName_whateverTheKey() throws Exception {
    node.authorize(authority(""));
    node.keys().certify("ca", "laptop", ALL);
    node.keys().certify("ca", "desktop", ALL);
    Command laptop = login("laptop", "ann", "shop:80");
    laptop.awaitOut("HTTP: http://shop");
    login("desktop", "ops", "shop:80").awaitOut("RELAY-NAME-TAKEN: shop.localhost belongs to");

    login("desktop", "ann", "shop:80").awaitOut("HTTP: http://shop");
    laptop.awaitOut("RELAY-TAKEN-OVER: shop.localhost was taken over");
  }

  @Test
  void loginName_hasToBeAmongThePrincipals() throws Exception {
    node.authorize(authority(""));
    node.keys().certify("ca", "ann", ALL);
    node.keys().certify("ca", "nobody");
    assertDenied("ann", "ben");
    assertDenied("nobody", "nobody"); // to ssh-keygen, no principal is any
  }

  @Test
  void listedPrincipals_narrowAndName() throws Exception {
    node.authorize(authority(",principals=\"boss,ann\""));
    node.keys().certify("ca", "ann", ALL);
    node.keys().certify("ca", "carl", "-n", "carl,relay");
    login("ann", "ann", "shop:80").awaitOut("HTTP: http://shop");

    login("ann", "relay", "shop:80").awaitOut("HTTP: http://shop"); // and ops is ann, too
    login("ann", "ops", "shop:80").awaitOut("HTTP: http://shop");
    assertDenied("carl", "carl");
    assertDenied("carl", "relay");
  }

  @Test
  void listedPrincipals_thatMakeSomebodyElseOfALogin_endItsSession() throws Exception {
    node.authorize(authority(",principals=\"boss,ann\""));
    node.keys().certify("ca", "ann", ALL);
    Command ops = login("ann", "ops", "shop:80"); // who is ann
    ops.awaitOut("HTTP: http://shop");
    Command ann = login("ann", "ann", "other:80");
    ann.awaitOut("HTTP: http://other");

    Path authorized = node.directory().resolve("authorized_keys");
    Files.writeString(authorized, authority(",principals=\"ops,ann\"") + "\n");
    ops.awaitErr("RELAY-KEY-REVOKED");
    assertThat(ops.exitStatus()).isEqualTo(255);
    login("ann", "ops", "shop:80").awaitOut("RELAY-NAME-HELD");
    assertThat(ann.isAlive()).isTrue();
  }

  @Test
  void strangersAuthority_hostCertificate_andWhatIsNotValidNow_areDenied() throws Exception {
    node.authorize(authority(""), node.keys().publicKey("ben"));
    node.keys().certify("other", "a", ALL);
    node.keys().certify("ca", "b", "-h", "-n", "ann");
    node.keys().certify("ca", "c", "-n", "ann", "-V", "20200101:20210101");
    node.keys().certify("ca", "d", "-n", "ann", "-V", "21000101:21010101");
    node.keys().certify("ca", "e", "-n", "ann", "-O", "critical:unknown@example.org=1");
    node.keys().certify("ca", "f", "-n", "ann", "-O", "source-address=10.0.0.0/8");
    node.keys().certify("ben", "g", "-n", "ann"); // a key that is let in is no authority
    for (String person : List.of("a", "b", "c", "d", "e", "f", "g")) {
      assertDenied(person, "ann");
    }
    assertDenied("ca", "ann"); // and an authority is no key
    node.keys().certify("ca", "h", "-n", "ann", "-O", "source-address=10.0.0.0/8,127.0.0.1");
    login("h", "ann", "shop:80").awaitOut("HTTP: http://shop");
  }

  @Test
  void forward_needsTheCertificateAndTheLine() throws Exception {
    node.authorize(authority(",permitlisten=\"shop-*:80\""));
    node.keys().certify("ca", "ann", "-n", "ann", "-O", "no-port-forwarding");
    Command none = login("ann", "ann", "shop-a:80");
    none.awaitOut("RELAY-NOT-PERMITTED: .* by your key, which may listen on nothing$");

    node.keys().certify("ca", "ann", "-n", "ann");
    Command some = login("ann", "ann", "shop-a:80", "web-a:80");
    some.awaitOut("HTTP: http://shop-a");
    some.awaitOut("RELAY-NOT-PERMITTED: web-a.localhost .* shop-\\*:80$");

    node.keys().certify("ca", "ann", "-n", "ann", "-O", "force-command=/bin/true");
    login("ann", "ann", "shop-b:80").awaitOut("your key has no console here");
  }

  @Test
  void revoked_isCutAndDenied_andNobodyElse() throws Exception {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("by-serial", "serial: 7");
    lines.put("by-serials", "serial: 11-13");
    lines.put("by-id", "id: by-id");
    lines.put("by-hash", "hash: " + fingerprint("by-hash"));
    lines.put("by-fingerprint", fingerprint("by-fingerprint") + " # his laptop");
    lines.put("by-key", "key: " + node.keys().publicKey("by-key"));
    lines.put("by-line", node.keys().publicKey("by-line"));
    lines.put("by-authority", fingerprint("other"));
    lines.put("plain", fingerprint("plain"));
    lines.put("stays", "");
    node.authorize(
        authority(""),
        "cert-authority " + node.keys().publicKey("other"),
        node.keys().publicKey("plain"));
    Path list = node.directory().resolve("revoked");
    Files.writeString(list, "# none of these\nserial: 6\nserial: 8-10\nid: by\nid: by-id2\n");
    node.restartWith("ssh.revoked-keys=" + list);
    Map<String, Command> sessions = new LinkedHashMap<>();
    for (String person : lines.keySet()) {
      if (!person.equals("plain")) {
        String serial = person.equals("by-serial") ? "7" : person.equals("by-serials") ? "12" : "0";
        String by = person.equals("by-authority") ? "other" : "ca";
        node.keys().certify(by, person, "-n", person, "-z", serial);
      }
      sessions.put(person, login(person, person, person + ":80"));
    }
    sessions.forEach((person, ssh) -> ssh.awaitOut("HTTP: http://" + person));

    Files.writeString(list, "\n" + String.join("\n", lines.values()));
    Command stays = Objects.requireNonNull(sessions.remove("stays"));
    sessions.forEach((person, ssh) -> {
      assertThat(ssh.exitStatus()).as(person).isEqualTo(255);
      assertThat(ssh.err()).contains("relay: RELAY-KEY-REVOKED: your key is not let in any more");
      assertDenied(person, person);
    });
    assertThat(stays.isAlive()).isTrue();
    login("stays", "stays", "again:80").awaitOut("HTTP: http://again");
  }

  private String fingerprint(String person) {
    Path key = node.keys().of(person).resolveSibling(person + ".pub");
    return Command.run("ssh-keygen", "-lf", key.toString()).split(" ", -1)[1];
  }

  @Test
  void everyKindOfKey_signs() throws Exception {
    List<String> lines = new ArrayList<>();
    for (String type : List.of("ed25519", "ecdsa", "rsa")) {
      for (String person : List.of("ca-" + type, "of-" + type)) {
        node.keys().make(person, "-t", type);
      }
      lines.add("cert-authority " + node.keys().publicKey("ca-" + type));
    }
    node.authorize(lines.toArray(String[]::new));
    for (String type : List.of("ed25519", "ecdsa", "rsa")) {
      node.keys().certify("ca-ed25519", "of-" + type, "-n", "ann");
      login("of-" + type, "ann", type + ":80").awaitOut("HTTP: http://" + type);
      node.keys().certify("ca-" + type, "of-ed25519", "-n", "ann");
      login("of-ed25519", "ann", "by-" + type + ":80").awaitOut("HTTP: http://by-" + type);
    }
    node.keys().certify("ca-rsa", "of-ed25519", "-n", "eve", "-t", "ssh-rsa"); // SHA-1
    assertDenied("of-ed25519", "eve");
  }
}
