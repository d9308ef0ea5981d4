package relay.common.stream;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import org.apache.sshd.client.ClientFactoryManager;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.client.session.ClientUserAuthServiceFactory;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.apache.sshd.server.ServerFactoryManager;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.AcceptAllPublickeyAuthenticator;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.ServerUserAuthServiceFactory;
import org.jspecify.annotations.Nullable;
import relay.common.ssh.Algorithms;
import relay.common.ssh.LoopKeyExchange;

/** MINA's sessions as both programs use them; any key is let in. */
final class TestSessions {

  private static final KeyPair HOST_KEY = hostKey();

  private TestSessions() {}

  /** Takes the messages of the connection protocol. */
  interface Processor {
    void process(int command, Buffer body) throws Exception;
  }

  private interface Exchanging {
    LoopKeyExchange keyExchange();

    IoWriteFuture writeNow(Buffer packet) throws IOException;
  }

  /** Writes a packet though keys are being exchanged, when it should wait. */
  static IoWriteFuture writeNow(AbstractSession session, Buffer packet) throws IOException {
    return ((Exchanging) session).writeNow(packet);
  }

  static LoopKeyExchange keyExchange(AbstractSession session) {
    return ((Exchanging) session).keyExchange();
  }

  static IoHandler server(
      ScheduledExecutorService timers, Function<AbstractSession, Processor> begin) {
    SshServer server = new SshServer();
    Algorithms.apply(server);
    server.setScheduledExecutorService(timers);
    server.setKeyPairProvider(KeyPairProvider.wrap(HOST_KEY));
    server.setUserAuthFactories(
        List.of(org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory.INSTANCE));
    server.setPublickeyAuthenticator(AcceptAllPublickeyAuthenticator.INSTANCE);
    server.setServiceFactories(
        List.of(ServerUserAuthServiceFactory.INSTANCE, new Connections(begin)));
    return new org.apache.sshd.server.session.SessionFactory(server) {
      @Override
      protected ServerSessionImpl doCreateSession(IoSession transport) throws Exception {
        return new ServerSide(getServer(), transport);
      }
    };
  }

  static IoHandler client(
      ScheduledExecutorService timers, Function<AbstractSession, Processor> begin) {
    SshClient client = new SshClient();
    Algorithms.apply(client);
    client.setScheduledExecutorService(timers);
    client.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
    client.setKeyIdentityProvider(KeyIdentityProvider.wrapKeyPairs(List.of(HOST_KEY)));
    client.setServiceFactories(
        List.of(ClientUserAuthServiceFactory.INSTANCE, new Connections(begin)));
    return new org.apache.sshd.client.session.SessionFactory(client) {
      @Override
      protected ClientSessionImpl doCreateSession(IoSession transport) throws Exception {
        ClientSessionImpl session = new ClientSide(getClient(), transport);
        session.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
        session.setUsername("test");
        return session;
      }
    };
  }

  /** Lets a client's session log in, which succeeds without a key. */
  static void logIn(IoSession transport) {
    try {
      ((ClientSessionImpl) AbstractSession.getSession(transport)).auth();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static final class ServerSide extends ServerSessionImpl implements Exchanging {
    ServerSide(ServerFactoryManager server, IoSession transport) throws Exception {
      super(server, transport);
    }

    @Override
    protected KeyExchangeMessageHandler initializeKeyExchangeMessageHandler() {
      return new LoopKeyExchange(this, this::doWritePacket);
    }

    @Override
    public LoopKeyExchange keyExchange() {
      return (LoopKeyExchange) kexHandler;
    }

    @Override
    public IoWriteFuture writeNow(Buffer packet) throws IOException {
      return doWritePacket(packet);
    }
  }

  private static final class ClientSide extends ClientSessionImpl implements Exchanging {
    ClientSide(ClientFactoryManager client, IoSession transport) throws Exception {
      super(client, transport);
    }

    @Override
    protected KeyExchangeMessageHandler initializeKeyExchangeMessageHandler() {
      return new LoopKeyExchange(this, this::doWritePacket);
    }

    @Override
    public LoopKeyExchange keyExchange() {
      return (LoopKeyExchange) kexHandler;
    }

    @Override
    public IoWriteFuture writeNow(Buffer packet) throws IOException {
      return doWritePacket(packet);
    }
  }

  private record Connections(Function<AbstractSession, Processor> begin) implements ServiceFactory {
    @Override
    public String getName() {
      return "ssh-connection";
    }

    @Override
    public Service create(Session session) {
      return new Connection((AbstractSession) session, begin);
    }
  }

  private static final class Connection extends AbstractCloseable implements Service {
    private final AbstractSession session;
    private final Function<AbstractSession, Processor> begin;
    private final Map<String, Object> properties = new ConcurrentHashMap<>();
    private @Nullable Processor processor;

    Connection(AbstractSession session, Function<AbstractSession, Processor> begin) {
      this.session = session;
      this.begin = begin;
    }

    @Override
    public void start() {
      processor = begin.apply(session);
    }

    @Override
    public void process(int command, Buffer buffer) throws Exception {
      if (processor == null) {
        throw new AssertionError("a message before the login");
      }
      processor.process(command, buffer);
    }

    @Override
    public Session getSession() {
      return session;
    }

    @Override
    public Map<String, Object> getProperties() {
      return properties;
    }
  }

  private static KeyPair hostKey() {
    try {
      return KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
