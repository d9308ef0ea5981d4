package relay.common.stream;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;
import relay.common.ssh.NettyIoSession;

/**
 * Global requests (RFC 4254 §4) both ways. The protocol matches answers to requests by their order
 * alone, so an answer waits until every earlier one was given; once {@link #MAX_PENDING} wait, the
 * session is not read until one of them is answered.
 */
public final class GlobalRequests {

  private static final int MAX_PENDING = 64;

  private final SshConnection connection;
  private final NettyIoSession transport;
  private final Deque<GlobalRequest> received = new ArrayDeque<>();
  private final Deque<Promise<Reply>> sent = new ArrayDeque<>();
  private boolean paused;
  private boolean closed;

  /**
   * What the other side answered.
   *
   * @param port what a success says of the port that was allocated (RFC 4254 §7.1), 0 where it says
   *     nothing
   */
  public record Reply(boolean success, int port) {}

  GlobalRequests(SshConnection connection, NettyIoSession transport) {
    this.connection = connection;
    this.transport = transport;
  }

  /**
   * Sends a request that wants a reply. On the event loop.
   *
   * @return whether the other side answered with success; fails when the session ends before
   */
  public Future<Boolean> ask(String name, Consumer<Buffer> details) {
    Promise<Boolean> success = connection.eventLoop().newPromise();
    request(name, details)
        .addListener((Future<Reply> reply) -> {
          if (reply.isSuccess()) {
            success.setSuccess(reply.getNow().success());
          } else {
            success.setFailure(reply.cause());
          }
        });
    return success;
  }

  /** As {@link #ask}, with all that the answer tells. On the event loop. */
  public Future<Reply> request(String name, Consumer<Buffer> details) {
    Promise<Reply> answer = connection.eventLoop().newPromise();
    if (closed) {
      return answer.setFailure(new ClosedChannelException());
    }
    sent.add(answer);
    connection.writeGlobal(packet(name, true, details));
    return answer;
  }

  /** Sends a request that wants no reply. Any thread. */
  public void tell(String name, Consumer<Buffer> details) {
    connection.writeGlobal(packet(name, false, details));
  }

  private Buffer packet(String name, boolean wantReply, Consumer<Buffer> details) {
    Buffer packet = connection.packet(SshConstants.SSH_MSG_GLOBAL_REQUEST, 128);
    packet.putString(name);
    packet.putBoolean(wantReply);
    details.accept(packet);
    return packet;
  }

  void received(Buffer buffer, SshConnection.Role role) {
    GlobalRequest request =
        new GlobalRequest(this, buffer.getString(), buffer.getBoolean(), buffer);
    if (request.wantReply()) {
      received.add(request);
      if (received.size() >= MAX_PENDING && !paused) {
        paused = true;
        transport.suspendRead();
      }
    }
    role.request(request);
  }

  /** A request was answered: sends its answer and those behind it, up to the first pending one. */
  void flush() {
    while (!received.isEmpty()) {
      Buffer answer = received.peek().takeAnswer(connection);
      if (answer == null) {
        return;
      }
      received.remove().answering();
      connection.writeGlobal(answer);
      if (paused && received.size() < MAX_PENDING) {
        paused = false;
        transport.resumeRead();
      }
    }
  }

  void answered(boolean success, Buffer details) {
    Promise<Reply> answer = sent.poll();
    if (answer != null) {
      int port = success && details.available() >= Integer.BYTES ? details.getInt() : 0;
      answer.trySuccess(new Reply(success, port));
    }
  }

  void closed() {
    closed = true;
    received.clear();
    for (Promise<Reply> answer : sent) {
      answer.tryFailure(new ClosedChannelException());
    }
    sent.clear();
  }
}
