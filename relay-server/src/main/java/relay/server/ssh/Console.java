package relay.server.ssh;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.ChannelRequest;
import relay.common.stream.SshStreamChannel;
import relay.server.auth.Login;
import relay.server.tunnel.RefusedException;

/**
 * A {@code session} channel (RFC 4254 §6): a {@link ConsoleCommand} is answered; a shell, and a
 * command of options, is the console, which shows what happens to the session's tunnels. Ctrl-C
 * ends it, the end of its input does not.
 */
final class Console extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(Console.class);

  private static final byte CTRL_C = 3;

  /** As sshd: none is kept, but whoever sends more is no ssh. */
  private static final int MAX_VARIABLES = 128;

  /** As a shell exits that was interrupted. */
  private static final int INTERRUPTED = 130;

  /** A key held down is a finger, not a program: it is answered that often. */
  private static final long KEY_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final int DONE = 0;

  private static final int FAILED = 1;

  private final SshStreamChannel stream;
  private final SessionOutput output;
  private final ForwardRequests forwards;
  private final Login login;
  private final OwnerCommands commands;
  private String newline = "\n";
  private boolean terminal;
  private long answered = System.nanoTime() - KEY_PAUSE_NANOS;
  private boolean interactive;
  private boolean started;
  private int dropped;
  private int variables;

  Console(
      SshStreamChannel stream,
      SessionOutput output,
      ForwardRequests forwards,
      Login login,
      OwnerCommands commands) {
    this.commands = commands;
    this.stream = stream;
    this.output = output;
    this.forwards = forwards;
    this.login = login;
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
        terminal = true;
        request.answer(true);
      }
      case "env" -> request.answer(++variables <= MAX_VARIABLES);
      case "window-change" -> request.answer(true);
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
    try {
      ConsoleCommand.Typed typed = ConsoleCommand.read(command);
      if (typed != null) {
        answer(typed);
        return;
      }
      forwards.options(command);
    } catch (RefusedException e) {
      boolean unknown = e.refusal().code() == RefusalCode.UNKNOWN_OPTION;
      fail(e.refusal().line() + (unknown ? "; or a command: " + ConsoleCommand.names() : ""));
      return;
    }
    if (login.grants().console()) {
      output.add(this);
      interactive = terminal;
    } else {
      print(
          List.of(
              "relay: your " + login.proof().word() + " has no console here; the tunnels work"));
    }
  }

  /** Answers, and ends. */
  private void answer(ConsoleCommand.Typed typed) throws RefusedException {
    if (!login.grants().console()) {
      throw new RefusedException(
          new Refusal(
              RefusalCode.OPTION_INVALID,
              "'"
                  + typed.command().name()
                  + "': your "
                  + login.proof().word()
                  + " has no console here"));
    }
    if (typed.follow()) {
      commands.follow(typed, stream, newline);
      return;
    }
    typed
        .command()
        .answerer()
        .answer(commands, typed)
        .whenComplete((reply, failure) ->
            stream.eventLoop().execute(() -> answered(reply, typed.json(), failure)));
  }

  private void answered(@Nullable Reply reply, boolean json, @Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof RefusedException refused) {
      fail(refused.refusal().line());
    } else if (reply == null) {
      LOG.error("a command failed", failure);
      fail("relay: the server failed; its log says why");
    } else {
      stream.writeAndFlush(ByteBufUtil.writeUtf8(stream.alloc(), reply.text(json, newline)));
      exit(DONE);
    }
  }

  /** A key that was pressed on a terminal; those that mean nothing do nothing. */
  private boolean pressed(byte key) {
    if (key == CTRL_C) {
      exit(INTERRUPTED);
      return false;
    }
    long now = System.nanoTime();
    if (!interactive || now - answered < KEY_PAUSE_NANOS) {
      return true;
    }
    ConsoleCommand command = ConsoleCommand.ofKey(key);
    if (command != null) {
      answered = now;
      try {
        command
            .answerer()
            .answer(commands, ConsoleCommand.Typed.alone(command))
            .thenAccept(reply -> print(reply.lines()));
      } catch (RefusedException e) {
        print(List.of(e.refusal().line()));
      }
    } else if (key == '?') {
      answered = now;
      print(keys());
    }
    return true;
  }

  private static List<String> keys() {
    List<String> lines = new ArrayList<>();
    lines.add("?       these keys");
    for (ConsoleCommand command : ConsoleCommand.ALL) {
      if (command.key() != 0) {
        lines.add(command.key() + "       " + command.meaning());
      }
    }
    lines.add("Ctrl-C  ends the session, its tunnels too");
    return lines;
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
      bytes.forEachByte(this::pressed);
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
