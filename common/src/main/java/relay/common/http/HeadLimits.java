package relay.common.http;

/**
 * How large the head of a request may be.
 *
 * @param target octets of the request target; more is 414
 * @param fields header lines; more is 431
 * @param octets of all header lines together; more is 431
 */
public record HeadLimits(int target, int fields, int octets) {

  /** 8 KB, 100 lines, 64 KB. */
  public static final HeadLimits DEFAULT = new HeadLimits(8 << 10, 100, 64 << 10);
}
