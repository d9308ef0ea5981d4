package relay.server.ssh;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.ChannelRequest;
import relay.common.stream.SshStreamChannel;
import relay.server.auth.Grants;
import relay.server.tunnel.RefusedException;

/**
 * A {@code session} channel (RFC 4254 §6): the console, whatever shell or command was asked for,
 * but for {@code release NAME}. It shows what happens to the session's tunnels; Ctrl-C ends it, the
 * end of its input does not.
 */
final class Console extends ChannelInboundHandlerAdapter {

  private static final byte CTRL_C = 3;

  /** As a shell exits that was interrupted. */
  private static final int INTERRUPTED = 130;

  private static final int FAILED = 1;

  /** The command by which a user gives a name up. */
  private static final String RELEASE = "release";

  private final SshStreamChannel stream;
  private final SessionOutput output;
  private final ForwardRequests forwards;
  private final Grants grants;
  private String newline = "\n";
  private boolean started;
  private int dropped;

  Console(SshStreamChannel stream, SessionOutput output, ForwardRequests forwards, Grants grants) {
    this.stream = stream;
    this.output = output;
    this.forwards = forwards;
    this.grants = grants;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof ChannelRequest request) {
      received(request);
    } else {
      super.userEventTriggered(ctx, event);
    }
  }

  private void received(ChannelRequest request) {
    switch (request.type()) {
      case "pty-req" -> {
        newline = "\r\n";
        request.answer(true);
      }
      case "env", "window-change" -> request.answer(true);
      case "shell" -> {
        request.answer(!started);
        start("");
      }
      case "exec" -> {
        request.answer(!started);
        start(request.details().getString());
      }
      case "subsystem" -> {
        request.answer(!started);
        fail(
            "relay: there are no files here: '"
                + Lines.shown(request.details().getString())
                + "' is not served");
      }
      case "signal" -> {
        if (request.details().getString().equals("INT")) {
          exit(INTERRUPTED);
        }
      }
      default -> request.answer(false);
    }
  }

  private void start(String command) {
    if (started) {
      return;
    }
    started = true;
    String[] words = command.strip().split(" +", -1);
    if (words[0].equals(RELEASE)) {
      release(words);
      return;
    }
    try {
      forwards.options(command);
    } catch (RefusedException e) {
      fail(e.refusal().line());
      return;
    }
    if (grants.console()) {
      output.add(this);
    } else {
      print(List.of("relay: your key has no console here; the tunnels work"));
    }
  }

  private void release(String[] words) {
    if (words.length != 2 || !grants.console()) {
      fail(
          new Refusal(
                  RefusalCode.OPTION_INVALID,
                  words.length == 2
                      ? "'release': your key has no console here"
                      : "'release': expected one name or port behind it")
              .line());
      return;
    }
    forwards
        .release(words[1])
        .whenComplete((name, failure) -> stream.eventLoop().execute(() -> released(name, failure)));
  }

  private void released(@Nullable String name, @Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof RefusedException refused) {
      fail(refused.refusal().line());
    } else if (cause != null) {
      fail("relay: " + RefusalCode.STORE_FAILED.id());
    } else {
      print(List.of("relay: " + name + " is released"));
      exit(0);
    }
  }

  /** Writes lines, unless the reader is behind. On the session's event loop. */
  void print(List<String> lines) {
    if (!stream.isWritable()) {
      dropped += lines.size();
      return;
    }
    StringBuilder text = new StringBuilder();
    if (dropped > 0) {
      text.append("… ").append(dropped).append(" lines were left out").append(newline);
      dropped = 0;
    }
    lines.forEach(line -> text.append(line).append(newline));
    stream.writeAndFlush(ByteBufUtil.writeUtf8(stream.alloc(), text));
  }

  private void fail(String line) {
    started = true;
    stream.writeError(line + newline);
    exit(FAILED);
  }

  private void exit(int status) {
    stream.request("exit-status", packet -> packet.putUInt(status));
    stream.shutdownOutput().addListener(done -> stream.close());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (bytes.indexOf(bytes.readerIndex(), bytes.writerIndex(), CTRL_C) >= 0) {
        exit(INTERRUPTED);
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.read();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    output.remove(this);
  }
}
