package relay.common.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Carries bytes between two channels until both directions have ended. Each half is one handler; it
 * reads again only when what it read before has been written to the other channel, so that a slow
 * side stops the fast one and nothing is held in between.
 *
 * <p>The directions end one by one: an end of input on one side ends the output of the other. A
 * channel that goes without an end of input was cut, and the other is cut as well: a socket is
 * reset, an SSH stream closed without EOF. A channel that goes after its end of input has nothing
 * more to say: the other may finish, and what it still sends is read and dropped, for at most
 * {@link #LINGER_SECONDS}, since closing a socket with unread bytes would reset it and take back
 * what was sent last.
 *
 * <p>Both channels live on one event loop, so no field here is volatile.
 */
public final class Splice extends ChannelInboundHandlerAdapter {

  static final int LINGER_SECONDS = 5;

  private final Channel self;
  private final Channel other;
  private final ChannelFutureListener written = this::written;
  private Splice twin = this;
  private int unwritten;
  private boolean inBatch;
  private boolean inputEnded;
  private boolean dropping;

  private Splice(Channel self, Channel other) {
    this.self = self;
    this.other = other;
  }

  /**
   * Joins two active channels of one event loop, with auto-read off, and starts. To be called on
   * that loop; the codecs that were on the channels are gone or pass bytes through.
   */
  public static void join(Channel a, Channel b) {
    Splice ofA = new Splice(a, b);
    Splice ofB = new Splice(b, a);
    ofA.twin = ofB;
    ofB.twin = ofA;
    a.pipeline().addLast(ofA);
    b.pipeline().addLast(ofB);
    a.read();
    b.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (dropping || !(message instanceof ByteBuf)) {
      ReferenceCountUtil.release(message);
      return;
    }
    inBatch = true;
    unwritten++;
    other.write(message).addListener(written);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    inBatch = false;
    if (unwritten > 0) {
      other.flush();
    }
    if (unwritten == 0) {
      readOn();
    }
  }

  private void written(ChannelFuture write) {
    unwritten--;
    if (!write.isSuccess()) {
      if (!twin.inputEnded) {
        cut();
        return;
      }
      dropping = true; // the other side has said all it had, and takes no more
    }
    if (unwritten == 0 && !inBatch) {
      readOn();
    }
  }

  private void readOn() {
    if (inputEnded) {
      endOther();
    } else if (self.isOpen()) {
      self.read();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      if (!inputEnded) {
        inputEnded = true;
        if (unwritten == 0) {
          endOther();
        }
      }
    } else if (event == FastReader.INSTANCE) {
      Transport.carryFast(other);
    } else {
      super.userEventTriggered(ctx, event);
    }
  }

  /** All that came from this side has been written to the other: its output ends. */
  private void endOther() {
    if (twin.inputEnded && twin.unwritten == 0) {
      closeBoth();
    } else if (!self.isOpen()) {
      finishOther();
    } else {
      shutdownOutput(other);
    }
  }

  private void closeBoth() {
    end(other);
    end(self);
  }

  /**
   * Of a channel that has nothing more to say or to read. Closing a plain socket sends its FIN; EOF
   * and close_notify are messages of their own.
   */
  private static void end(Channel channel) {
    if (!(channel instanceof SocketChannel) || channel.pipeline().get(SslHandler.class) != null) {
      shutdownOutput(channel);
    }
    channel.close();
  }

  /**
   * Ends one direction of a channel behind what was written, and leaves the other: a FIN on a
   * socket, EOF on an SSH stream; where it carries TLS, close_notify before. On the channel's event
   * loop.
   */
  public static void shutdownOutput(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      endOutput(channel);
    } else {
      tls.closeOutbound().addListener(said -> endOutput(channel));
    }
  }

  private static void endOutput(Channel channel) {
    if (channel instanceof DuplexChannel duplex
        && channel.isActive()
        && !duplex.isOutputShutdown()) {
      duplex.shutdownOutput();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!inputEnded) {
      cut();
    } else if (unwritten == 0) {
      finishOther();
    }
  }

  /** This side is gone and was whole: the other gets its end, and time to read what it was sent. */
  private void finishOther() {
    if (!other.isOpen()) {
      return;
    }
    if (twin.inputEnded) {
      closeBoth();
      return;
    }
    shutdownOutput(other);
    twin.dropping = true;
    other.read();
    other.eventLoop().schedule(() -> other.close(), LINGER_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (inputEnded && cause instanceof IOException) {
      self.close(); // a reset behind the end of input takes nothing back
    } else {
      cut();
    }
  }

  /** Ends both sides so that each can tell it from an end. */
  private void cut() {
    reset(other);
    reset(self);
  }

  /** Closes a socket with a reset, an SSH stream without EOF. On the channel's event loop. */
  public static void reset(Channel channel) {
    if (!channel.isOpen()) {
      return;
    }
    if (channel instanceof SocketChannel) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
    drop(channel);
  }

  /**
   * Closes a channel without a word of its handlers: TLS would else say, with its close_notify,
   * that what came was whole. On the channel's event loop.
   */
  public static void drop(Channel channel) {
    ChannelHandlerContext first = channel.pipeline().firstContext();
    if (first == null) {
      channel.close();
    } else {
      first.close();
    }
  }
}
