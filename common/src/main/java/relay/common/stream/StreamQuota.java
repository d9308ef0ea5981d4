package relay.common.stream;

/** What the channels of several connections share, beside what each may have. Any thread. */
public interface StreamQuota {

  /** Of connections that share nothing. */
  StreamQuota NONE =
      new StreamQuota() {
        @Override
        public boolean acquire() {
          return true;
        }

        @Override
        public void release() {}
      };

  /** Takes a place for one more channel; false where there is none. */
  boolean acquire();

  /** Gives the place of a channel back, which has gone altogether. */
  void release();
}
