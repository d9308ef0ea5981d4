package relay.server.ssh;

import org.jspecify.annotations.Nullable;
import relay.common.endpoint.RefusalCode;
import relay.common.stream.ByteRate;
import relay.common.stream.StreamLimits;
import relay.common.stream.StreamQuota;
import relay.server.auth.Identity;
import relay.server.config.Limits;
import relay.server.tunnel.Quota;

/**
 * What one identity may have at once, and how fast, in all its sessions together; names and ports
 * are the registry's. Any thread.
 */
final class Shares {

  private final Quota sessions;
  private final Quota channels;
  private final Quota visitors;
  private final PerIdentity<RefusalTally> tallies = new PerIdentity<>(RefusalTally::new);
  private final @Nullable PerIdentity<ByteRate> rates;

  Shares(Limits limits) {
    sessions =
        new Quota(limits.sessionsPerIdentity(), RefusalCode.TOO_MANY_SESSIONS, "sessions at once");
    channels =
        new Quota(
            limits.channelsPerIdentity(),
            RefusalCode.TOO_MANY_CHANNELS,
            "open channels, those of all its sessions together");
    visitors =
        new Quota(
            limits.visitorsPerIdentity(),
            RefusalCode.H429_TOO_MANY_VISITORS,
            "visitors' connections at once, those of all its tunnels together");
    long bytes = limits.bytesPerSecond().bytes();
    rates = bytes == 0 ? null : new PerIdentity<>(() -> new BucketRate(bytes));
  }

  Quota sessions() {
    return sessions;
  }

  Quota channels() {
    return channels;
  }

  Quota visitors() {
    return visitors;
  }

  RefusalTally tally(Identity identity) {
    return tallies.of(identity);
  }

  /** Those of one session of the identity. */
  StreamLimits limits(StreamLimits each, Identity identity) {
    StreamQuota ofChannels =
        new StreamQuota() {
          @Override
          public boolean acquire() {
            return channels.acquire(identity);
          }

          @Override
          public void release() {
            channels.release(identity);
          }
        };
    return each.sharing(ofChannels, rates == null ? null : rates.of(identity));
  }
}
