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

  /** As {@link #put}: an identity gives its own name of that number up, and has another then. */
  CompletableFuture<Void> advance(String identity, int number);
}
