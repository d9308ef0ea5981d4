package relay.common.stream;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollSocketChannelConfig;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.List;

/**
 * How sockets are served: by Netty's native epoll where the machine has it, else by NIO. Groups and
 * channels of one process come from one transport. Immutable; any thread.
 */
public final class Transport {

  /**
   * For every channel of ours. Netty 4.2's own choice, the adaptive allocator, was measured to cost
   * 3 to 4 times the CPU here.
   */
  public static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

  /** {@code IPV6_V6ONLY} of Linux's {@code <netinet/in.h>}; Netty has no option of that name. */
  static final ChannelOption<Integer> IPV6_ONLY =
      new IntegerUnixChannelOption("IPV6_V6ONLY", 41, 26);

  /** What the system may hold of one connection and not have sent, in bytes. */
  private static final int UNSENT_MAX = 128 << 10;

  private static final long UNLIMITED = (1L << 32) - 1;

  private final boolean epoll;

  private Transport(boolean epoll) {
    this.epoll = epoll;
  }

  /** The fastest that this machine has. */
  public static Transport best() {
    return new Transport(Epoll.isAvailable());
  }

  /** The one that every machine has. */
  public static Transport nio() {
    return new Transport(false);
  }

  /** Event loops, on daemon threads that carry {@code name}. */
  public EventLoopGroup group(String name, int threads) {
    IoHandlerFactory handlers = epoll ? HalfClosedEpoll.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), handlers);
  }

  /** The class of listening channels, for one that serves whatever family it is bound to. */
  public Class<? extends ServerChannel> serverChannel() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** The class of connections that we make. */
  public Class<? extends SocketChannel> socketChannel() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /**
   * Sets up a socket that a stream's bytes are written to: they go at once, and what the network
   * does not take stays with us and not in the system's buffer, which would take some megabytes and
   * hide that nobody reads. Any thread.
   */
  public static void carryStream(Channel socket) {
    socket.config().setOption(ChannelOption.TCP_NODELAY, true);
    limitUnsent(socket, UNSENT_MAX);
  }

  /**
   * The reader of this socket has shown that he reads fast: from now on the system's buffer may be
   * as large as it likes, which carries a tenth more. Any thread.
   */
  public static void carryFast(Channel socket) {
    limitUnsent(socket, UNLIMITED);
  }

  /**
   * Takes a registered socket, of which nothing is being read, to another event loop. On its event
   * loop.
   *
   * @return completes on the other loop; fails where the socket is closed meanwhile
   */
  public static Future<Void> move(Channel socket, EventLoop to) {
    Promise<Void> moved = to.newPromise();
    socket
        .deregister()
        .addListener(left ->
            to.register(socket).addListener(new PromiseNotifier<Void, ChannelFuture>(moved)));
    return moved;
  }

  private static void limitUnsent(Channel socket, long bytes) {
    if (socket.isOpen() && socket.config() instanceof EpollSocketChannelConfig config) {
      config.setTcpNotSentLowAt(bytes);
    }
  }

  /** The class of channels that send and receive datagrams. */
  public Class<? extends DatagramChannel> datagramChannel() {
    return epoll ? EpollDatagramChannel.class : NioDatagramChannel.class;
  }

  /** The class of channels that listen on a unix socket. */
  public Class<? extends ServerChannel> unixServerChannel() {
    return epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
  }

  /** A unix socket's address, as those channels take it. */
  public SocketAddress unixAddress(Path socket) {
    return epoll ? new DomainSocketAddress(socket.toFile()) : UnixDomainSocketAddress.of(socket);
  }

  /** Whether an IPv6 listener can leave IPv4 to another one. */
  boolean separatesFamilies() {
    return epoll;
  }

  /**
   * A listening channel for an address of this family, not yet registered. One for IPv6 leaves IPv4
   * alone where the transport can tell them apart.
   */
  public ServerChannel listener(InetAddress address) {
    ServerChannel channel = listeners(address).newChannel();
    channel.config().setAllocator(ALLOCATOR);
    if (epoll && !(address instanceof Inet4Address)) {
      channel.config().setOption(IPV6_ONLY, 1);
    }
    return channel;
  }

  /** The addresses without those that another of them takes as well. */
  public List<InetSocketAddress> distinct(List<InetSocketAddress> addresses) {
    boolean any6 = addresses.stream().anyMatch(Transport::isAny6);
    if (epoll || !any6) {
      return addresses;
    }
    return addresses.stream()
        .filter(address -> !address.getAddress().isAnyLocalAddress() || isAny6(address))
        .toList();
  }

  private static boolean isAny6(InetSocketAddress address) {
    return address.getAddress() instanceof Inet6Address && address.getAddress().isAnyLocalAddress();
  }

  /** Makes listening channels of the address's own family. */
  ChannelFactory<ServerChannel> listeners(InetAddress address) {
    SocketProtocolFamily family =
        address instanceof Inet4Address ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6;
    return epoll
        ? () -> new EpollServerSocketChannel(family)
        : () -> new NioServerSocketChannel(SelectorProvider.provider(), family);
  }

  @Override
  public String toString() {
    return epoll ? "epoll" : "nio";
  }
}
