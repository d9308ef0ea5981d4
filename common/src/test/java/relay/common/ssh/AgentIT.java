package relay.common.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the real ssh-agent. */
class AgentIT {

  @TempDir Path dir;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() {
    processes.forEach(Process::destroy);
  }

  @Test
  void lists_and_signs_as_asked() throws Exception {
    Path socket = startAgent();
    Map<String, String> environment = Map.of("SSH_AUTH_SOCK", socket.toString());
    for (String type : List.of("ed25519", "ecdsa", "rsa")) {
      Path key = Tool.key(dir.resolve("id_" + type), "", "-t", type);
      assertThat(Tool.run(environment, "ssh-add", key.toString()).exit()).isZero();
    }
    byte[] data = "what is signed".getBytes(StandardCharsets.UTF_8);
    try (Agent agent = Agent.connect(socket)) {
      List<PublicKey> keys = new ArrayList<>();
      for (Map.Entry<PublicKey, String> identity : agent.getIdentities()) {
        assertThat(identity.getValue()).isEqualTo("test");
        keys.add(identity.getKey());
      }
      assertThat(keys).hasSize(3);
      List<BuiltinSignatures> algorithms =
          List.of(
              BuiltinSignatures.ed25519,
              BuiltinSignatures.nistp256,
              BuiltinSignatures.rsaSHA256,
              BuiltinSignatures.rsaSHA512);
      for (BuiltinSignatures algorithm : algorithms) {
        PublicKey key = keys.get(Math.min(algorithms.indexOf(algorithm), 2));
        Map.Entry<String, byte[]> signed = agent.sign(null, key, algorithm.getName(), data);
        assertThat(signed.getKey()).isEqualTo(algorithm.getName());
        Signature verifier = algorithm.create();
        verifier.initVerifier(null, key);
        verifier.update(null, data);
        assertThat(verifier.verify(null, signed.getValue())).isTrue();
      }
    }
  }

  @Test
  void unknown_key_is_an_error_and_the_agent_stays_usable() throws Exception {
    try (Agent agent = Agent.connect(startAgent())) {
      PublicKey stranger = EdwardsCurves.newEd25519().getPublic();
      assertThatThrownBy(() -> agent.sign(null, stranger, "ssh-ed25519", new byte[1]))
          .isInstanceOf(IOException.class);
      assertThat(agent.getIdentities()).isEmpty();
    }
  }

  @Test
  void silent_agent_times_out() throws Exception {
    Path socket = dir.resolve("silent");
    try (var silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));
      Duration limit = Duration.ofMillis(200);
      try (Agent agent = Agent.connect(socket, limit, limit)) {
        assertThatThrownBy(agent::getIdentities)
            .isInstanceOf(IOException.class)
            .hasMessage("the agent does not answer");
        assertThat(agent.isOpen()).isFalse();
      }
    }
  }

  @Test
  void no_agent_there() {
    assertThatThrownBy(() -> Agent.connect(dir.resolve("nothing"))).isInstanceOf(IOException.class);
  }

  private Path startAgent() throws IOException {
    Path socket = dir.resolve("agent" + processes.size());
    Process agent =
        new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString())
            .redirectErrorStream(true)
            .start();
    processes.add(agent);
    agent.inputReader().readLine(); // it prints where it listens once it does
    assertThat(Files.exists(socket)).isTrue();
    return socket;
  }
}
