package relay.server.auth;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.io.IOException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import relay.server.config.KeyCommand;

/**
 * Keys that a program or a web service knows ({@code ssh.authorized-keys-command}). It is asked on
 * threads of its own, a few at once, and its answers are kept for a while. Without an answer nobody
 * is let in; who is in stays, until an answer says otherwise. Any thread.
 */
public final class AskedKeys {

  private static final Logger LOG = LoggerFactory.getLogger(AskedKeys.class);

  private static final int ANSWERS = 10_000;
  private static final int THREADS = 8;
  private static final int WAITING = 64;
  private static final Duration FAILURE_KEPT = Duration.ofSeconds(5);

  /**
   * What was answered.
   *
   * @param ring null where the answer cannot be relied on
   */
  private record Answer(@Nullable KeyRing ring) {
    static final Answer NONE = new Answer(null);
  }

  private final KeyAnswers answers;
  private final ThreadPoolExecutor threads;
  private final AsyncCache<KeyQuestion, Answer> cache;

  /**
   * @param limit how long an answer may take
   * @param kept how long it counts
   */
  public AskedKeys(KeyCommand command, Duration limit, Duration kept) {
    this.answers = new KeyAnswers(command, limit);
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "relay-keys");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(ANSWERS)
            .expireAfter(
                Expiry.<KeyQuestion, Answer>writing(
                    (question, answer) -> answer.ring() == null ? FAILURE_KEPT : kept))
            .buildAsync();
  }

  /** Completes when there is an answer for the key, or none to be had. */
  CompletableFuture<?> ask(PublicKey key, String user) {
    return answer(key, user);
  }

  private CompletableFuture<Answer> answer(PublicKey key, String user) {
    KeyQuestion question = KeyQuestion.of(key, user);
    if (!question.isSafe()) {
      return CompletableFuture.completedFuture(Answer.NONE);
    }
    try {
      return cache.get(
          question, (asked, own) -> CompletableFuture.supplyAsync(() -> answer(asked), threads));
    } catch (RejectedExecutionException e) {
      LOG.warn("{} is not asked for: {} answers are waited for", question.fingerprint(), WAITING);
      return CompletableFuture.completedFuture(Answer.NONE);
    }
  }

  private Answer answer(KeyQuestion question) {
    try {
      KeyRing.Draft ring = new KeyRing.Draft();
      for (AuthorizedKeys.Line line : AuthorizedKeys.parse(answers.ask(question)).lines()) {
        if (line instanceof AuthorizedKeys.Refused refused) {
          LOG.warn(
              "authorized-keys-command for {}: line {}: {}; the line is skipped",
              question.fingerprint(),
              refused.number(),
              refused.reason());
        }
        ring.add(line);
      }
      return new Answer(ring.ring(Revocations.NONE, null));
    } catch (IOException | RuntimeException e) {
      LOG.warn("authorized-keys-command for {}: {}", question.fingerprint(), e.toString());
      return Answer.NONE;
    }
  }

  /**
   * The answer, as a ring; null where there is none that can be relied on, and one is asked for.
   */
  @Nullable KeyRing ring(PublicKey key, String user) {
    CompletableFuture<Answer> answer = answer(key, user);
    return answer.isDone() && !answer.isCompletedExceptionally()
        ? answer.getNow(Answer.NONE).ring()
        : null;
  }
}
