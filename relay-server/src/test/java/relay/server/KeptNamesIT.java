package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose names and ports are, when the server is killed, or its disk is full. */
class KeptNamesIT {

  private static final int NAMES = 1_000;

  @TempDir Path dir;
  private Keys people;
  private final List<AutoCloseable> started = new ArrayList<>();

  @BeforeEach
  void people() throws Exception {
    people = new Keys(Files.createDirectories(dir.resolve("people")));
    Files.writeString(dir.resolve("authorized"), people.publicKey("ben") + "\n");
    Files.writeString(dir.resolve("relay.yml"), "limits: {tunnels-per-session: 2000}\n");
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable thing : started) {
      thing.close();
    }
  }

  private <T extends AutoCloseable> T closing(T thing) {
    started.add(thing);
    return thing;
  }

  private ServerProcess serve(String... prefix) {
    return closing(
            new ServerProcess(
                dir,
                List.of(prefix),
                "--authorized-keys=" + dir.resolve("authorized"),
                "--config=" + dir.resolve("relay.yml"),
                "--tcp-allow=1024-65535"))
        .awaitReady();
  }

  private RawClient client(ServerProcess server, String person) throws Exception {
    Path key = person.equals("ben") ? people.of("ben") : dir.resolve("keys").resolve(person);
    return closing(new RawClient(server.port("ssh"), key));
  }

  @Test
  void serverIsKilled_noNameThatWasGiven_isLost() throws Exception {
    ServerProcess server = serve();
    RawClient ann = client(server, "ann");
    int port = LocalService.freePort();
    assertThat(ann.forward("localhost", port).text()).isEqualTo("granted");
    List<RawClient.Answer> answers = new ArrayList<>();
    for (int i = 0; i < NAMES; i++) {
      answers.add(ann.forward("name" + i, 80));
    }
    answers.get(NAMES / 3).text();
    server.kill(); // while the others are being answered
    List<Integer> given = new ArrayList<>();
    for (int i = 0; i < NAMES; i++) {
      if (answers.get(i).isGranted()) {
        given.add(i);
      }
    }
    assertThat(given).hasSizeBetween(NAMES / 3, NAMES);

    ServerProcess again = serve();
    RawClient ben = client(again, "ben");
    // first, since of very many refusals not each is told
    assertThat(ben.forward("localhost", port).text()).isEqualTo("refused");
    List<RawClient.Answer> refused = new ArrayList<>();
    for (int i : given) {
      refused.add(ben.forward("name" + i, 80));
    }
    for (RawClient.Answer answer : refused) {
      assertThat(answer.text()).isEqualTo("refused");
    }
    assertThat(Listening.on(port)).isEmpty();
    RawClient returned = client(again, "ann");
    assertThat(returned.forward("name0", 80).text()).isEqualTo("granted");
    assertThat(returned.forward("localhost", port).text()).isEqualTo("granted");
    again.process().awaitOut("name0.localhost is kept for its last owner|RELAY-NAME-HELD");
    again.process().awaitOut("RELAY-PORT-HELD");
  }

  @Test
  void diskIsFull_namesAreRefused_andTrafficGoesOn() throws Exception {
    // no file may be longer than that: the next line of the store does not fit
    ServerProcess server = serve("prlimit", "--fsize=40000");
    RawClient ann = client(server, "ann");
    int granted = 0;
    String last = "granted";
    while (last.equals("granted")) {
      last = ann.forward("name" + granted, 80).text();
      granted += last.equals("granted") ? 1 : 0;
      assertThat(granted).isLessThan(NAMES);
    }
    assertThat(granted).isGreaterThan(50);
    server
        .process()
        .awaitOut("RELAY-STORE-FAILED\",\"reason\":\"name" + granted + "\\.localhost is not given");
    assertThat(client(server, "ann").forward("name0", 80).text())
        .as("what is written down already needs no room")
        .isEqualTo("granted");
    assertThat(
            Command.run(
                "curl",
                "-s",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "-H",
                "Host: name1.localhost",
                "http://127.0.0.1:" + server.port("http")))
        .startsWith("50");
    server.kill();

    ServerProcess again = serve();
    RawClient ben = client(again, "ben");
    assertThat(ben.forward("name" + (granted - 1), 80).text()).isEqualTo("refused");
    assertThat(ben.forward("name" + granted, 80).text()).isEqualTo("granted");
  }

  @Test
  void lastLineIsTorn_theOthersCount() throws Exception {
    ServerProcess server = serve();
    RawClient ann = client(server, "ann");
    assertThat(ann.forward("foo", 80).text()).isEqualTo("granted");
    assertThat(ann.forward("bar", 80).text()).isEqualTo("granted");
    server.kill();
    Path names = server.dataDir().resolve("names");
    byte[] bytes = Files.readAllBytes(names);
    Files.write(names, Arrays.copyOf(bytes, bytes.length - 7));

    ServerProcess again = serve();
    again.process().awaitOut("bytes of a line that was not finished are cut off");
    RawClient ben = client(again, "ben");
    assertThat(ben.forward("foo", 80).text()).isEqualTo("refused");
    assertThat(ben.forward("bar", 80).text()).isEqualTo("granted");
  }
}
