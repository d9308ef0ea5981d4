package relay.server.config;

import relay.common.endpoint.InvalidValue;

/**
 * How many connections may wait for their login, in the manner of sshd's {@code MaxStartups}.
 *
 * @param begin from so many on, one may have to go when another comes
 * @param rate with this chance then, in percent; it rises to certainty at {@code full}
 * @param full there are never more
 */
public record Startups(int begin, int rate, int full) {

  private static final String EXPECTED =
      "start:percent:full such as 10:30:100, with 1 to 100 percent and 1 to 100000 connections";
  private static final int MAX = 100_000;

  /**
   * Reads {@code begin:rate:full}.
   *
   * @throws InvalidValue where it is none
   */
  public static Startups of(String text) {
    if (!text.matches("[0-9]{1,6}:[0-9]{1,3}:[0-9]{1,6}")) {
      throw new InvalidValue(text, "a limit of startups", EXPECTED);
    }
    String[] parts = text.split(":", -1);
    Startups read =
        new Startups(
            Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    if (read.begin < 1
        || read.full < read.begin
        || read.full > MAX
        || read.rate < 1
        || read.rate > 100) {
      throw new InvalidValue(text, "in range", EXPECTED);
    }
    return read;
  }

  /** The chance, in percent, that one has to go when there are {@code waiting} already. */
  public int chance(int waiting) {
    if (waiting < begin) {
      return 0;
    }
    return waiting >= full ? 100 : rate + (100 - rate) * (waiting - begin) / (full - begin);
  }

  @Override
  public String toString() {
    return begin + ":" + rate + ":" + full;
  }
}
