package relay.server.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.ClientSession.ClientSessionEvent;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.SessionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import relay.common.ssh.Algorithms;
import relay.common.ssh.HostKey;
import relay.common.ssh.NettyIoSession;
import relay.common.stream.Transport;
import relay.server.auth.Anonymous;
import relay.server.auth.FirstKey;
import relay.server.auth.KeySources;
import relay.server.auth.LetIn;
import relay.server.auth.LiveKeyRing;
import relay.server.auth.SshAuthentication;
import relay.server.auth.Throttles;
import relay.server.auth.Tokens;
import relay.server.auth.UserAuthService;

/** What a client may do that has not proved who it is. */
class RelaySessionTest {

  @TempDir Path dir;
  private final EventLoopGroup loops = Transport.best().group("login", 1);
  private final SshClient clients = SshClient.setUpDefaultClient();
  private final CompletableFuture<Integer> told = new CompletableFuture<>();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private Channel listener;
  private ClientSession client;

  @BeforeEach
  void connect() throws Exception {
    LiveKeyRing ring =
        new LiveKeyRing(new KeySources(FirstKey.in(dir), null, List.of(), List.of(), null));
    SshServer server = new SshServer();
    server.setScheduledExecutorService(loops);
    Algorithms.apply(server);
    server.setKeyPairProvider(HostKey.in(dir).provider());
    LetIn letIn = new LetIn(ring, () -> Tokens.NONE, Anonymous.NOBODY);
    SshAuthentication.apply(server, letIn);
    server.setServiceFactories(
        List.of(
            UserAuthService.factory(session -> new UserAuthService(session, letIn)),
            ConnectionService.factory(session -> {
              throw new AssertionError("nobody logs in here");
            })));
    SessionFactory sessions =
        new SessionFactory(server) {
          @Override
          protected ServerSessionImpl doCreateSession(IoSession transport) throws Exception {
            return new RelaySession(getServer(), transport);
          }
        };
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(Transport.best().serverChannel())
            .childHandler(
                new ChannelInboundHandlerAdapter() {
                  @Override
                  public void channelActive(ChannelHandlerContext ctx) {
                    ctx.channel().closeFuture().addListener(closed -> gone.complete(null));
                    Throttles.admit(
                        NettyIoSession.attach(ctx.channel(), sessions),
                        InetAddress.getLoopbackAddress());
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    clients.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
    clients.start();
    InetSocketAddress address = (InetSocketAddress) listener.localAddress();
    client =
        clients
            .connect("stranger", "127.0.0.1", address.getPort())
            .verify(10, TimeUnit.SECONDS)
            .getSession();
    client.addSessionListener(
        new SessionListener() {
          @Override
          public void sessionDisconnect(
              Session session, int reason, String text, String language, boolean initiator) {
            told.complete(reason);
          }
        });
    client.waitFor(List.of(ClientSessionEvent.WAIT_AUTH), 10_000); // its first request is sent
  }

  @AfterEach
  void close() throws Exception {
    clients.stop();
    listener.close().get(10, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ssh-userauth", "ssh-connection", "ssh-other"})
  void secondService_beforeTheLogin_endsTheSession(String name) throws Exception {
    Buffer packet = client.createBuffer(SshConstants.SSH_MSG_SERVICE_REQUEST, 32);
    packet.putString(name);
    client.writePacket(packet);
    assertThat(told.get(10, TimeUnit.SECONDS))
        .isEqualTo(SshConstants.SSH2_DISCONNECT_PROTOCOL_ERROR);
    gone.get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(
      bytes = {
        SshConstants.SSH_MSG_GLOBAL_REQUEST,
        SshConstants.SSH_MSG_CHANNEL_OPEN,
        SshConstants.SSH_MSG_CHANNEL_DATA,
      })
  void messageOfTheConnection_beforeTheLogin_endsTheSession(byte command) throws Exception {
    Buffer packet = client.createBuffer(command, 32);
    packet.putString("session");
    packet.putBoolean(true);
    client.writePacket(packet);
    gone.get(10, TimeUnit.SECONDS);
  }

  @Test
  void bytesBeyondTheBudget_beforeTheLogin_endTheSession() throws Exception {
    for (int i = 0; i < 15; i++) {
      ignore(16 * 1024);
    }
    assertThat(gone).as("after 240 KiB").isNotDone();
    ignore(16 * 1024);
    ignore(16 * 1024);
    gone.get(10, TimeUnit.SECONDS);
  }

  @Test
  void packetBeyondTheLimit_beforeTheLogin_endsTheSession() throws Exception {
    ignore(100 * 1024);
    gone.get(10, TimeUnit.SECONDS);
  }

  private void ignore(int length) throws Exception {
    Buffer packet = client.createBuffer(SshConstants.SSH_MSG_IGNORE, length + 16);
    packet.putBytes(new byte[length]);
    client.writePacket(packet);
  }
}
