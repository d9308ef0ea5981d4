package relay.server.tunnel;

import java.util.concurrent.CompletableFuture;

/**
 * What is written down of names and ports. Changes of one of them are written in the order of the
 * calls. Any thread; nothing waits.
 */
interface Titles {

  /** Completes when it is on the disk; fails where it cannot be written. */
  CompletableFuture<Void> put(Object root, Title title);

  /** As {@link #put}: nobody has it any more. */
  CompletableFuture<Void> remove(Object root);
}
