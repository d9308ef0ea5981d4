package relay.server.ssh;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import relay.common.stream.SshConnection;

/** MINA's door to what comes after the authentication: hands all of it to {@link SshConnection}. */
final class ConnectionService extends AbstractCloseable implements Service {

  private final RelaySession session;
  private final SshConnection connection;
  private final Map<String, Object> properties = new ConcurrentHashMap<>();

  private ConnectionService(RelaySession session, SshConnection connection) {
    this.session = session;
    this.connection = connection;
  }

  /** Makes the service once for a session, and only after the client has proved who it is. */
  static ServiceFactory factory(Function<RelaySession, SshConnection> connections) {
    return new ServiceFactory() {
      @Override
      public String getName() {
        return "ssh-connection";
      }

      @Override
      public Service create(Session session) throws SshException {
        RelaySession ours = (RelaySession) session;
        if (!ours.isAuthenticated()) {
          throw new SshException("ssh-connection was asked for before authentication");
        }
        if (ours.hasConnection()) {
          throw new SshException("ssh-connection was asked for twice");
        }
        ours.connected();
        return new ConnectionService(ours, connections.apply(ours));
      }
    };
  }

  @Override
  public void start() {
    // the client speaks first
  }

  @Override
  public void process(int command, Buffer buffer) throws Exception {
    connection.process(command, buffer);
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
