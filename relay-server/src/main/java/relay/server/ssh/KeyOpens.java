package relay.server.ssh;

/** What a key's {@code permitopen} (sshd(8)) says of a host. Immutable. */
interface KeyOpens {

  /** Of a key without {@code permitopen}. */
  KeyOpens SILENT =
      new KeyOpens() {
        @Override
        public boolean permitsOpen(String host, int port) {
          return false;
        }

        @Override
        public boolean forbidsOpen(String host, int port) {
          return false;
        }
      };

  /** Whether it lists this very host. */
  boolean permitsOpen(String host, int port);

  /** Whether it lists others and not this one, or forbids every forward. */
  boolean forbidsOpen(String host, int port);
}
