package relay.server.auth;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.ServerFactoryManager;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.session.ServerConnectionServiceFactory;
import org.apache.sshd.server.session.ServerSession;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.SessionFactory;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.Algorithms;
import relay.common.ssh.CipherChoice;
import relay.common.ssh.HostKey;

/** MINA as it comes, on its own transport, with our authentication; every command succeeds. */
final class StockServer implements AutoCloseable {

  private final SshServer server = new SshServer();
  private final BlockingQueue<Login> verified = new LinkedBlockingQueue<>();

  StockServer(Path dataDirectory, LetIn letIn) throws Exception {
    Algorithms.apply(server);
    SshAuthentication.apply(server, letIn);
    server.setServiceFactories(
        List.of(
            UserAuthService.factory(session -> new UserAuthService(session, letIn)),
            ServerConnectionServiceFactory.INSTANCE));
    server.setKeyPairProvider(HostKey.in(dataDirectory).provider());
    server.setChannelFactories(ServerBuilder.DEFAULT_CHANNEL_FACTORIES);
    server.setGlobalRequestHandlers(List.of());
    server.setUnknownChannelReferenceHandler(
        ServerBuilder.DEFAULT_UNKNOWN_CHANNEL_REFERENCE_HANDLER);
    server.setForwarderFactory(ServerBuilder.DEFAULT_FORWARDER_FACTORY);
    server.setFileSystemFactory(ServerBuilder.DEFAULT_FILE_SYSTEM_FACTORY);
    server.setForwardingFilter(ServerBuilder.DEFAULT_FORWARDING_FILTER);
    server.setCommandFactory((channel, command) -> new Done());
    server.addSessionListener(
        new SessionListener() {
          @Override
          public void sessionEvent(Session session, Event event) {
            if (event == Event.Authenticated) {
              verified.add(SshAuthentication.verified((ServerSession) session));
            }
          }
        });
    server.setSessionFactory(
        new SessionFactory(server) {
          @Override
          protected ServerSessionImpl doCreateSession(IoSession session) throws Exception {
            Throttles.admit(session, InetAddress.getLoopbackAddress());
            return new Patient(getServer(), session);
          }
        });
    server.setHost("127.0.0.1");
    server.start();
  }

  int port() {
    return server.getPort();
  }

  SshServer server() {
    return server;
  }

  /** Who logged in next. */
  Login verified() throws InterruptedException {
    Login login = verified.poll(5, TimeUnit.SECONDS);
    return Objects.requireNonNull(login, "nobody logged in");
  }

  boolean nobodyCameIn() {
    return verified.isEmpty();
  }

  @Override
  public void close() throws Exception {
    server.stop(true);
  }

  /** Lets clients that have AES-GCM tell first which ciphers they allow. */
  private static final class Patient extends ServerSessionImpl {
    private boolean waiting;

    Patient(ServerFactoryManager server, IoSession session) throws Exception {
      super(server, session);
    }

    @Override
    protected byte[] sendKexInit() throws Exception {
      if (getClientKexProposals().isEmpty() && CipherChoice.isGcmClient(getClientVersion())) {
        waiting = true;
        return new byte[0];
      }
      return super.sendKexInit();
    }

    @Override
    protected void doKexNegotiation() throws Exception {
      if (waiting) {
        waiting = false;
        super.sendKexInit();
      }
      super.doKexNegotiation();
    }
  }

  private static final class Done implements Command {
    private @Nullable ExitCallback exit;

    @Override
    public void start(ChannelSession channel, Environment environment) {
      if (exit != null) {
        exit.onExit(0);
      }
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
      exit = callback;
    }

    @Override
    public void setInputStream(InputStream in) {}

    @Override
    public void setOutputStream(OutputStream out) {}

    @Override
    public void setErrorStream(OutputStream err) {}

    @Override
    public void destroy(ChannelSession channel) {}
  }
}
