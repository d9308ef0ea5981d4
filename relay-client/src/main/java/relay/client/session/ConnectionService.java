package relay.client.session;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.jspecify.annotations.Nullable;
import relay.common.stream.SshConnection;

/** The {@code ssh-connection} service (RFC 4254): hands everything to {@link SshConnection}. */
final class ConnectionService extends AbstractCloseable implements Service {

  private static final String NAME = "ssh-connection";

  private final MinaSession session;
  private final Function<MinaSession, SshConnection> begin;
  private final Map<String, Object> properties = new ConcurrentHashMap<>();
  private @Nullable SshConnection connection;

  private ConnectionService(MinaSession session, Function<MinaSession, SshConnection> begin) {
    this.session = session;
    this.begin = begin;
  }

  /**
   * @param begin called once authentication has succeeded, on the event loop
   */
  static ServiceFactory factory(Function<MinaSession, SshConnection> begin) {
    return new ServiceFactory() {
      @Override
      public String getName() {
        return NAME;
      }

      @Override
      public Service create(Session session) {
        return new ConnectionService((MinaSession) session, begin);
      }
    };
  }

  @Override
  public Session getSession() {
    return session;
  }

  /** MINA makes the service with the session; it starts it when the server has let us in. */
  @Override
  public void start() {
    if (!session.isAuthenticated()) {
      throw new IllegalStateException(NAME + " was started before authentication");
    }
    connection = begin.apply(session);
  }

  @Override
  public void process(int command, Buffer buffer) throws Exception {
    if (connection == null) {
      throw new IllegalStateException(NAME + " is used before authentication");
    }
    connection.process(command, buffer);
  }

  @Override
  public Map<String, Object> getProperties() {
    return properties;
  }
}
