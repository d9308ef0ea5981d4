package relay.server.ssh;

import java.net.InetSocketAddress;
import org.apache.sshd.common.util.buffer.Buffer;
import relay.common.ssh.ForwardedTcpip;
import relay.common.ssh.StreamlocalForward;
import relay.common.ssh.TcpipForward;

/**
 * What a client asked to have forwarded, exactly as it sent it: by this it knows its channels
 * again, and by this it cancels. Immutable.
 */
sealed interface Asked {

  /** The host, or the path. */
  String host();

  /** The port, 0 for any; 0 for a path. */
  default long port() {
    return 0;
  }

  /** The type of the channel that is opened for each visitor. */
  String channelType();

  /** Writes what that type adds to the open. */
  void writeChannel(Buffer packet, InetSocketAddress originator);

  /** With the port that was allocated, where any was asked for. */
  Asked at(int allocatedPort);

  /** {@code tcpip-forward} (RFC 4254 §7.1). */
  record Tcpip(TcpipForward forward) implements Asked {
    @Override
    public String host() {
      return forward.host();
    }

    @Override
    public long port() {
      return forward.port();
    }

    @Override
    public String channelType() {
      return ForwardedTcpip.TYPE;
    }

    @Override
    public void writeChannel(Buffer packet, InetSocketAddress originator) {
      new ForwardedTcpip(
              host(), port(), originator.getAddress().getHostAddress(), originator.getPort())
          .write(packet);
    }

    @Override
    public Asked at(int allocatedPort) {
      return new Tcpip(new TcpipForward(host(), allocatedPort));
    }
  }

  /** {@code streamlocal-forward@openssh.com}; the visitor's address has no place there. */
  record Path(StreamlocalForward forward) implements Asked {
    @Override
    public String host() {
      return forward.path();
    }

    @Override
    public String channelType() {
      return StreamlocalForward.CHANNEL;
    }

    @Override
    public void writeChannel(Buffer packet, InetSocketAddress originator) {
      forward.writeChannel(packet);
    }

    @Override
    public Asked at(int allocatedPort) {
      return this;
    }
  }
}
