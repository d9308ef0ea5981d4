package relay.server.edge.http;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;

/**
 * How long an exchange waits, and for whom: for the visitor to bring the request's body, for the
 * service to begin its answer, for the visitor to take it. While an answer streams nobody is waited
 * for: a pause in it is none of ours.
 */
final class Patience {

  private enum Awaited {
    NOBODY,
    VISITOR,
    SERVICE,
    READER
  }

  private final VisitorHandler visitor;
  private final HttpLimits limits;
  private final long service;
  private final BodyRate bodyRate;
  private Awaited awaited = Awaited.NOBODY;
  private boolean answered;
  private long unsent;

  /**
   * @param upstreamTimeout the tunnel's own; null for the server's
   */
  Patience(VisitorHandler visitor, @Nullable Duration upstreamTimeout) {
    this.visitor = visitor;
    limits = visitor.site().limits();
    service = (upstreamTimeout == null ? limits.upstream() : upstreamTimeout).toNanos();
    bodyRate = new BodyRate(limits.bodies());
  }

  /** More of the body is wanted. */
  void awaitVisitor() {
    if (!answered) {
      awaited = Awaited.VISITOR;
      visitor.deadline().in(bodyRate.await(visitor.nanoTime()));
    }
  }

  /** A piece of the body came. */
  void received(int octets) {
    bodyRate.received(octets, visitor.nanoTime());
  }

  /** The service is to take what it was sent, to ask for the body, or to answer. */
  void awaitService() {
    if (!answered) {
      awaited = Awaited.SERVICE;
      visitor.deadline().in(service);
    }
  }

  /** The head of the answer came. */
  void answered() {
    answered = true;
    taken();
  }

  /** The visitor is to take what was answered. */
  void awaitReader() {
    if (answered) {
      awaited = Awaited.READER;
      unsent = visitor.unsent();
      visitor.deadline().in(limits.send().toNanos());
    }
  }

  /** The visitor took it. */
  void taken() {
    if (answered) {
      awaited = Awaited.NOBODY;
      visitor.deadline().none();
    }
  }

  /**
   * The deadline was reached; sets the next one where that is no end of patience.
   *
   * @param fail where a page can tell the visitor
   * @param cut where nobody takes anything any more
   */
  void late(Consumer<Refusal> fail, Runnable cut) {
    switch (awaited) {
      case NOBODY -> {}
      case VISITOR -> {
        if (bodyRate.isTooSlow(visitor.nanoTime())) {
          long rate = limits.bodies().rate();
          String message = "the request's body came with less than " + rate + " octets a second";
          fail.accept(new Refusal(RefusalCode.H408_BODY_SLOW, message));
        } else {
          awaitVisitor();
        }
      }
      case SERVICE -> {
        String message = "the local service has not answered in time";
        fail.accept(new Refusal(RefusalCode.H504_NO_ANSWER, message));
      }
      case READER -> {
        if (visitor.unsent() == unsent) {
          cut.run();
        } else {
          awaitReader();
        }
      }
    }
  }
}
