package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import relay.server.oracle.RawVisitor;

/**
 * A local service that lies, says too much or stops early, behind the real ssh. What it may spoil
 * is the answer that it was asked for, visibly; the visitor's next request and everybody else's are
 * answered right.
 */
class HostileAnswersIT {

  private static final String OK = "HTTP/1.1 200 OK\r\n";

  /** So long that no connection of these tests ends because it is idle. */
  @RegisterExtension final RelayNode node = RelayNode.with("limits.upstream-idle=10m");

  /** What is sent for {@code /hostile}, a new list entry for each piece; empty: nothing. */
  private volatile List<String> hostile = List.of();

  private volatile boolean closes;
  private final Queue<String> paths = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<String> ends = new ArrayBlockingQueue<>(1000);

  @BeforeEach
  void open() {
    LocalService service = node.service(this::serve);
    node.start(node.ssh("ann").forward("foo:80:127.0.0.1:" + service.port()).console())
        .awaitOut("HTTP: ");
  }

  private void serve(Socket socket) throws IOException {
    boolean wasHostile = false;
    try {
      while (true) {
        String path = Wire.path(Wire.head(socket.getInputStream()));
        paths.add(path);
        if (!path.startsWith("/hostile")) {
          Wire.send(socket, OK + "Content-Length: " + path.length() + "\r\n\r\n" + path);
        } else {
          wasHostile = true;
          for (String piece : hostile) {
            Wire.send(socket, piece);
          }
          if (closes) {
            return;
          }
        }
      }
    } finally {
      if (wasHostile) {
        ends.add("end");
      }
    }
  }

  private RawVisitor visitor() throws IOException {
    return node.closing(new RawVisitor(node.httpAddress()));
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: foo.localhost\r\n\r\n";
  }

  /** That request and those that follow, of this visitor and another, get their own. */
  private void assertOthersAreRight(RawVisitor visitor) throws IOException {
    RawVisitor other = visitor();
    for (int i = 0; i < 3; i++) {
      assertThat(visitor.say(get("/mine" + i)).answer().body()).isEqualTo("/mine" + i);
      assertThat(other.say(get("/other" + i)).answer().body()).isEqualTo("/other" + i);
    }
  }

  private void assertConnectionEnded() throws InterruptedException {
    assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo("end");
  }

  @Test
  void head_notOfOneMeaning_502AndConnectionEnded() throws Exception {
    RawVisitor visitor = visitor();
    for (String answer :
        new String[] {
          OK + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          OK + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
          OK + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
          OK + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          OK + "Transfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n",
          OK + "Transfer-Encoding: gzip\r\n\r\nabc",
          OK + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
          OK + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
          OK + "Content-Length: 3, 3\r\n\r\nabc",
          OK + "Content-Length: -3\r\n\r\nabc",
          OK + "Content-Length: 0x3\r\n\r\nabc",
          OK + "Content-Length: 9223372036854775813\r\n\r\nabc",
          OK + "Content-Length x: 3\r\n\r\nabc",
          OK + "X: a\0b\r\n\r\n",
          OK + "X: " + "x".repeat(200_000) + "\r\n\r\n",
          "HTTP/1.1 200 " + "x".repeat(200_000) + "\r\n\r\n",
          "HTTP/1.1 2000 OK\r\n\r\n",
          "HTTP/1.1 99 Low\r\n\r\n",
          "HTTP/1.1 600 High\r\n\r\n",
          "HTTP/1.1 -200 OK\r\n\r\n",
          "HTTP/2.0 200 OK\r\n\r\n",
          "HTTP/0.9 200 OK\r\n\r\n",
          "RTSP/1.0 200 OK\r\n\r\n",
          "ICY 200 OK\r\n\r\n",
          "HTTP/1.1\r\n\r\n",
          "hello, this is HTTP/0.9\r\n",
          "SSH-2.0-OpenSSH_9.2\r\n",
          "\0\1\2binary\3\r\n\r\n",
          "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nraw",
          "HTTP/1.1 102 Wait\r\n\r\n".repeat(1000),
        }) {
      hostile = List.of(answer);
      RawVisitor.Answer page = visitor.say(get("/hostile")).answer();
      assertThat(page.status())
          .as(answer.substring(0, Math.min(80, answer.length())))
          .isEqualTo(502);
      assertThat(page.head()).contains("\r\nRelay-Code: RELAY-502-BAD-ANSWER\r\n");
      assertConnectionEnded();
      assertOthersAreRight(visitor);
    }
  }

  @Test
  void close_beforeTheAnswerIsThere_502() throws Exception {
    closes = true;
    RawVisitor visitor = visitor();
    for (String part : new String[] {"", "H", "HTTP/1.1 200 OK\r\nContent-Le"}) {
      hostile = List.of(part);
      RawVisitor.Answer page = visitor.say(get("/hostile")).answer();
      String code = part.length() < 2 ? "RELAY-502-CLOSED-EARLY" : "RELAY-502-BAD-ANSWER";
      assertThat(page.head()).startsWith("HTTP/1.1 502 ").contains(code);
      assertConnectionEnded();
      assertOthersAreRight(visitor);
    }
  }

  @Test
  void surplus_gluedToTheAnswer_isNobodys() throws Exception {
    RawVisitor visitor = visitor();
    String second = OK + "Content-Length: 7\r\n\r\nSURPLUS";
    for (String answer :
        new String[] {
          OK + "Content-Length: 2\r\n\r\nokSURPLUS",
          OK + "Content-Length: 2\r\n\r\nok" + second,
          OK + "Content-Length: 0\r\n\r\n" + second,
          OK + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nSURPLUS",
          OK + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" + second,
          "HTTP/1.1 204 None\r\n\r\nSURPLUS",
          "HTTP/1.1 204 None\r\nContent-Length: 7\r\n\r\nSURPLUS",
          "HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\nSURPLUS",
          "HTTP/1.1 304 Same\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nSURPLUS\r\n0\r\n\r\n",
        }) {
      hostile = List.of(answer);
      RawVisitor.Answer first = visitor.say(get("/hostile")).answer();
      assertThat(first.status()).isIn(200, 204, 304);
      assertThat(first.body()).isIn("", "ok");
      assertOthersAreRight(visitor);
      assertConnectionEnded();
    }
  }

  @Test
  void bodyOfAnAnswerToHead_isNobodys() throws Exception {
    RawVisitor visitor = visitor();
    hostile = List.of(OK + "Content-Length: 7\r\n\r\nSURPLUS");
    visitor.say(get("/hostile").replace("GET", "HEAD"));
    assertThat(visitor.answer(true).head()).containsIgnoringCase("\r\ncontent-length: 7\r\n");
    assertOthersAreRight(visitor);
    assertConnectionEnded();
  }

  /** Octets that come while nobody has asked take the connection out of the pool. */
  @Test
  void surplus_late_endsTheIdleConnection() throws Exception {
    BlockingQueue<Socket> idle = new ArrayBlockingQueue<>(10);
    LocalService service =
        node.service(socket -> {
          String path = Wire.path(Wire.head(socket.getInputStream()));
          Wire.send(socket, OK + "Content-Length: " + path.length() + "\r\n\r\n" + path);
          idle.add(socket);
          if (socket.getInputStream().read() < 0) {
            ends.add("end");
          }
        });
    node.start(node.ssh("ann").forward("late:80:127.0.0.1:" + service.port()).console())
        .awaitOut("HTTP: ");
    RawVisitor visitor = visitor();
    for (int i = 0; i < 5; i++) {
      String request = get("/" + i).replace("foo", "late");
      assertThat(visitor.say(request).answer().body()).isEqualTo("/" + i);
      Socket socket = idle.poll(20, TimeUnit.SECONDS);
      assertThat(socket).isNotNull();
      Wire.send(socket, OK + "Content-Length: 7\r\n\r\nSURPLUS");
      assertConnectionEnded();
    }
  }

  @Test
  void chunks_bad_visitorSeesNoEnd() throws Exception {
    for (String bad :
        new String[] {
          "zz\r\nabc\r\n0\r\n\r\n",
          "-1\r\nabc\r\n0\r\n\r\n",
          "\r\nabc\r\n0\r\n\r\n",
          "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
          "3\r\nabcd\r\n0\r\n\r\n",
        }) {
      hostile = List.of(OK + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", bad);
      RawVisitor visitor = visitor();
      String all = visitor.say(get("/hostile")).rest(); // nothing where all of it came at once
      assertThat(all).as(bad).doesNotEndWith("0\r\n\r\n");
      assertThat("HTTP/1.1 200 OK\r\n").startsWith(all.substring(0, Math.min(17, all.length())));
      assertConnectionEnded();
      assertOthersAreRight(visitor());
    }
  }

  @Test
  void lengthNotReached_visitorSeesIt() throws Exception {
    closes = true;
    hostile = List.of(OK + "Content-Length: 10\r\n\r\nhalf");
    RawVisitor visitor = visitor();
    assertThatThrownBy(() -> visitor.say(get("/hostile")).answer())
        .hasMessageContaining("4 of 10 octets");
    assertOthersAreRight(visitor());
  }

  @Test
  void setCookie_eachApartAndInOrder() throws Exception {
    hostile =
        List.of(
            OK
                + "Set-Cookie: a=1; Path=/\r\nX-Other: x\r\nset-cookie: b=2, c; Expires=Thu, 01 Jan"
                + " 2030 00:00:00 GMT\r\nSet-Cookie: a=3\r\nContent-Length: 0\r\n\r\n");
    assertThat(visitor().say(get("/hostile")).answer().head().lines())
        .filteredOn(line -> line.regionMatches(true, 0, "set-cookie:", 0, 11))
        .extracting(line -> line.substring(12))
        .containsExactly("a=1; Path=/", "b=2, c; Expires=Thu, 01 Jan 2030 00:00:00 GMT", "a=3");
  }
}
