package relay.server.tunnel;

/** Where a tunnel's visits are told. Any thread; never blocks, and drops what it cannot hold. */
@FunctionalInterface
public interface VisitLog {
  void visit(Tunnel tunnel, Visit visit);
}
