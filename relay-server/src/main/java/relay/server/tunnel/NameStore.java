package relay.server.tunnel;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.server.tunnel.NameRecords.Change;

/**
 * What is known of names and ports after a restart, in the data directory: {@code name-secret},
 * from which identities' own names are derived, made once; and {@code names}, a {@link Journal} of
 * whose they are, and of how often an identity has given up an own name. Both files are 0600.
 *
 * <p>One thread writes. What comes while it does is written together next: many claims cost one
 * wait for the disk. A change that cannot be written fails, and is as if it had never been; the
 * next one tries again. All methods may be called from any thread; only opening and closing wait.
 */
public final class NameStore implements Titles, Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(NameStore.class);

  private static final int SECRET_BYTES = 32;

  /** Changes in one line, each of some 100 bytes. */
  private static final int BATCH = 1_000;

  /** The file is written anew when it is so many times as long as it was then; not below this. */
  private static final int GROWTH = 4;

  private static final int MIN_COMPACTED = 256 << 10;

  private record Pending(Change change, CompletableFuture<Void> done) {}

  private record CounterOf(String identity, int number) {}

  private final byte[] secret;
  private final LongSupplier wallMillis;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "relay-names");
        thread.setDaemon(true);
        return thread;
      });

  private final Deque<Pending> queue = new ArrayDeque<>(); // guarded by itself
  private boolean scheduled; // guarded by the queue

  /** What is on the disk. */
  private final Map<CounterOf, Integer> counters = new ConcurrentHashMap<>();

  private final Map<Object, Change.Put> titles = new ConcurrentHashMap<>();

  // of the writer's thread alone, once it is open
  private final Journal journal;
  private long compactAt;
  private boolean failing;
  private volatile boolean closed;

  private NameStore(Path file, byte[] secret, Journal journal, LongSupplier wallMillis)
      throws IOException {
    this.secret = secret;
    this.journal = journal;
    this.wallMillis = wallMillis;
    int number = 1;
    for (String line : journal.found()) {
      number++;
      try {
        NameRecords.decode(line).forEach(this::apply);
      } catch (IllegalArgumentException e) {
        throw new IOException(
            file + ":" + number + ": expected changes of names: " + e.getMessage(), e);
      }
    }
    compactAt = Math.max(MIN_COMPACTED, journal.size() * GROWTH);
  }

  /**
   * Reads the files, and makes them where they are missing. Blocking.
   *
   * @throws IOException where they cannot be read or made, or hold something else; the message
   *     names the file
   */
  public static NameStore open(Path dataDir) throws IOException {
    return open(dataDir, System::currentTimeMillis);
  }

  /**
   * @param wallMillis the time that goes on while the server does not run, in milliseconds
   */
  static NameStore open(Path dataDir, LongSupplier wallMillis) throws IOException {
    Path secretFile = dataDir.resolve("name-secret");
    if (!Files.exists(secretFile)) {
      byte[] fresh = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(fresh);
      String line = HexFormat.of().formatHex(fresh) + "\n";
      FreshFile.write(
              secretFile, List.of(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII))))
          .close();
    }
    byte[] secret = readSecret(secretFile);
    Path file = dataDir.resolve("names");
    Journal journal = Journal.open(file);
    try {
      return new NameStore(file, secret, journal, wallMillis);
    } catch (IOException e) {
      journal.close();
      throw e;
    }
  }

  byte[] secret() {
    return secret.clone();
  }

  /** How often the identity has given its own name of that number up. */
  int counter(String identity, int number) {
    return counters.getOrDefault(new CounterOf(identity, number), 0);
  }

  /** Whose everything is; to be asked before the first change. */
  Map<Object, Title> titles() {
    Map<Object, Title> all = new HashMap<>();
    titles.forEach((root, put) -> all.put(root, title(put)));
    return all;
  }

  private Title title(Change.Put put) {
    Duration left = null;
    if (put.until() != 0) {
      left = Duration.ofMillis(Math.max(0, put.until() - wallMillis.getAsLong()));
    }
    return put.title().until(left);
  }

  @Override
  public CompletableFuture<Void> put(Object root, Title title) {
    Duration left = title.quarantine();
    long until = left == null ? 0 : wallMillis.getAsLong() + left.toMillis();
    return submit(new Change.Put(root, title.until(null), until));
  }

  @Override
  public CompletableFuture<Void> remove(Object root) {
    return submit(new Change.Remove(root));
  }

  @Override
  public CompletableFuture<Void> advance(String identity, int number) {
    return submit(new Change.Counter(identity, number, counter(identity, number) + 1));
  }

  private CompletableFuture<Void> submit(Change change) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      synchronized (queue) {
        queue.add(new Pending(change, done));
        if (!scheduled) {
          writer.execute(this::write);
          scheduled = true;
        }
      }
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(e); // it is closed
    }
    return done;
  }

  private void write() {
    for (List<Pending> batch = next(); !batch.isEmpty(); batch = next()) {
      Exception failure = null;
      synchronized (journal) {
        try {
          commit(batch.stream().map(Pending::change).toList());
        } catch (IOException | RuntimeException e) {
          failure = e;
        }
      }
      tell(failure);
      for (Pending pending : batch) {
        if (failure == null) {
          pending.done().complete(null);
        } else {
          pending.done().completeExceptionally(failure);
        }
      }
    }
  }

  private List<Pending> next() {
    List<Pending> batch = new ArrayList<>();
    synchronized (queue) {
      while (!queue.isEmpty() && batch.size() < BATCH) {
        batch.add(queue.remove());
      }
      scheduled = !batch.isEmpty();
    }
    return batch;
  }

  private void tell(@Nullable Exception failure) {
    if (failure != null && !failing && !closed) {
      LOG.error("names cannot be written down, so no new one is given: {}", failure.toString());
    } else if (failure == null && failing) {
      LOG.info("names can be written down again");
    }
    failing = failure != null;
  }

  private void commit(List<Change> changes) throws IOException {
    Deque<Runnable> undo = new ArrayDeque<>();
    List<Change> effective = new ArrayList<>();
    for (Change change : changes) {
      Runnable back = apply(change);
      if (back != null) {
        undo.push(back);
        effective.add(change);
      }
    }
    if (effective.isEmpty()) {
      return;
    }
    try {
      if (journal.unsure()) {
        journal.replace(lines());
      } else {
        journal.append(NameRecords.encode(effective));
      }
    } catch (IOException e) {
      undo.forEach(Runnable::run);
      throw e;
    }
    if (journal.size() > compactAt) {
      compact();
    }
  }

  /** What has become useless goes; if that cannot be, the file stays as it is. */
  private void compact() {
    try {
      journal.replace(lines());
      compactAt = Math.max(MIN_COMPACTED, journal.size() * GROWTH);
    } catch (IOException e) {
      LOG.warn("the file of names could not be made shorter: {}", e.toString());
      compactAt = journal.size() * GROWTH;
    }
  }

  private List<String> lines() {
    List<Change> all = new ArrayList<>(titles.values());
    counters.forEach((of, value) -> all.add(new Change.Counter(of.identity(), of.number(), value)));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < all.size(); i += BATCH) {
      lines.add(NameRecords.encode(all.subList(i, Math.min(all.size(), i + BATCH))));
    }
    return lines;
  }

  /** Gives what takes it back; null where it changed nothing. */
  private @Nullable Runnable apply(Change change) {
    if (change instanceof Change.Counter counter) {
      CounterOf of = new CounterOf(counter.identity(), counter.number());
      Integer before = counters.put(of, counter.value());
      return () -> {
        if (before == null) {
          counters.remove(of);
        } else {
          counters.put(of, before);
        }
      };
    }
    if (change instanceof Change.Put put) {
      Change.Put before = titles.put(put.root(), put);
      return put.equals(before) ? null : () -> restore(put.root(), before);
    }
    Object root = ((Change.Remove) change).root();
    Change.Put before = titles.remove(root);
    return before == null ? null : () -> restore(root, before);
  }

  private void restore(Object root, Change.@Nullable Put before) {
    if (before == null) {
      titles.remove(root);
    } else {
      titles.put(root, before);
    }
  }

  /** Waits for what is being written; what comes later fails. Blocking. */
  @Override
  public void close() throws IOException {
    synchronized (journal) {
      closed = true;
      journal.close();
    }
    writer.shutdown();
  }

  private static byte[] readSecret(Path file) throws IOException {
    try {
      byte[] read = HexFormat.of().parseHex(Files.readString(file).strip());
      if (read.length == SECRET_BYTES) {
        return read;
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": expected " + SECRET_BYTES + " bytes in hexadecimal", e);
    }
    throw new IOException(file + ": expected " + SECRET_BYTES + " bytes in hexadecimal");
  }
}
