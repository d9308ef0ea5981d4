package relay.server.ssh;

import java.io.IOException;
import org.apache.sshd.common.SshConstants;
import relay.common.endpoint.Refusal;
import relay.common.stream.GlobalRequest;
import relay.common.stream.SshConnection;
import relay.common.stream.StreamOpen;

/**
 * Who has proved who he is and may not have another session: it is ended as it begins, and what is
 * asked until then is refused. On the session's event loop.
 */
final class TurnedAway implements SshConnection.Role {

  private final Refusal why;

  /** Ends the connection once the login has been answered. */
  TurnedAway(SshConnection connection, Refusal why) {
    this.why = why;
    connection.disconnect(SshConstants.SSH2_DISCONNECT_TOO_MANY_CONNECTIONS, why.line());
  }

  @Override
  public void open(StreamOpen open) {
    try {
      open.refuse(SshConstants.SSH_OPEN_RESOURCE_SHORTAGE, why.line());
    } catch (IOException e) {
      // it has gone already
    }
  }

  @Override
  public void request(GlobalRequest request) {
    if (request.wantReply()) {
      request.fail();
    }
  }

  @Override
  public void closed() {
    // it held nothing
  }
}
