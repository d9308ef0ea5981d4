package relay.server.tunnel;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps titles in memory, or fails to. */
final class FakeTitles implements Titles {

  final Map<Object, Title> kept = new ConcurrentHashMap<>();

  final List<String> advanced = new CopyOnWriteArrayList<>();

  /** What every change fails with. */
  volatile @Nullable Exception failure;

  /** Where a change is written slowly: it is when this completes. */
  volatile CompletableFuture<Void> written = CompletableFuture.completedFuture(null);

  @Override
  public CompletableFuture<Void> put(Object root, Title title) {
    return change(() -> kept.put(root, title));
  }

  @Override
  public CompletableFuture<Void> remove(Object root) {
    return change(() -> kept.remove(root));
  }

  @Override
  public CompletableFuture<Void> advance(String identity, int number) {
    return change(() -> advanced.add(identity + " " + number));
  }

  private CompletableFuture<Void> change(Runnable change) {
    Exception thrown = failure;
    if (thrown != null) {
      return CompletableFuture.failedFuture(thrown);
    }
    change.run();
    return written.copy();
  }
}
