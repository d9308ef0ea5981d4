package relay.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import relay.common.config.Version;

@Timeout(30)
class LifecycleTest {

  private static final Future<Void> DONE = GlobalEventExecutor.INSTANCE.newSucceededFuture(null);

  private final List<String> steps = new CopyOnWriteArrayList<>();
  private final Promise<Void> drained = GlobalEventExecutor.INSTANCE.newPromise();
  private DataDir data;

  @TempDir Path dir;

  @BeforeEach
  void take() throws StartFailure {
    data = DataDir.take(dir);
  }

  @Test
  void start_bindsInOrder_thenTells() throws Exception {
    Files.writeString(data.runFile(), "stale");
    Lifecycle server = lifecycle(part("admin", DONE), part("ssh", DONE));
    assertThat(server.ready()).isFalse();
    server.start().get();
    assertThat(server.ready()).isTrue();
    assertThat(steps).containsExactly("bind admin", "bind ssh");
    JsonNode run = new JsonMapper().readTree(data.runFile().toFile());
    assertThat(run)
        .hasToString(
            "{\"pid\":"
                + ProcessHandle.current().pid()
                + ",\"version\":\""
                + Version.current()
                + "\",\"domain\":\"localhost\",\"listeners\":{\"ssh\":[\"[::1]:7\"],\"http\":[],"
                + "\"https\":[],\"admin\":[\"[::1]:7\"]},\"host-keys\":[\"SHA256:x\"]}");
    server.stop().get();
  }

  @Test
  void start_addressThatCannotBeBound_closesTheOthers() throws Exception {
    Part broken =
        new Part(
            "http",
            "http.listen",
            () -> GlobalEventExecutor.INSTANCE.newFailedFuture(new IOException("'x': in use")),
            () -> DONE,
            () -> DONE,
            () -> DONE);
    Lifecycle server = lifecycle(part("ssh", DONE), broken, part("admin", DONE));
    assertThatThrownBy(() -> server.start().get())
        .cause()
        .isInstanceOf(StartFailure.class)
        .hasMessage("http.listen: 'x': in use");
    assertThat(steps).containsExactly("bind ssh", "close ssh");
    assertThat(data.runFile()).doesNotExist();
    DataDir.take(dir).close();
    server.stop().get();
  }

  @Test
  void stop_waitsForWhatIsInFlight_thenClosesTheLastFirst() throws Exception {
    Lifecycle server = lifecycle(part("ssh", DONE), part("http", drained));
    server.start().get();
    CompletableFuture<Void> stopped = server.stop();
    assertThat(server.ready()).isFalse();
    assertThat(steps)
        .endsWith("stop accepting ssh", "stop accepting http")
        .doesNotContain("close http");
    assertThat(data.runFile()).exists();
    assertThat(stopped).isNotDone();
    drained.setSuccess(null);
    stopped.get();
    assertThat(steps).endsWith("close http", "close ssh");
    assertThat(data.runFile()).doesNotExist();
    assertThat(server.stop()).isSameAs(stopped);
    DataDir.take(dir).close();
  }

  @Test
  void stop_cutsWhatDoesNotEnd() throws Exception {
    Lifecycle server =
        new Lifecycle(
            data, "localhost", List.of(part("http", drained)), List::of, Duration.ofMillis(50));
    server.start().get();
    server.stop().get(20, TimeUnit.SECONDS);
    assertThat(steps).endsWith("close http");
  }

  @Test
  void stop_neverStarted_givesTheDirectoryUp() throws Exception {
    Lifecycle server = lifecycle(part("http", DONE));
    server.stop().get();
    assertThat(steps).isEmpty();
    DataDir.take(dir).close();
  }

  private Lifecycle lifecycle(Part... parts) {
    return new Lifecycle(
        data, "localhost", List.of(parts), () -> List.of("SHA256:x"), Duration.ofSeconds(20));
  }

  private Part part(String name, Future<Void> drained) {
    return new Part(
        name,
        name + ".listen",
        () -> {
          steps.add("bind " + name);
          return GlobalEventExecutor.INSTANCE.newSucceededFuture(
              List.of(new InetSocketAddress(NetUtil.LOCALHOST6, 7)));
        },
        () -> {
          steps.add("stop accepting " + name);
          return DONE;
        },
        () -> drained,
        () -> {
          steps.add("close " + name);
          return DONE;
        });
  }
}
