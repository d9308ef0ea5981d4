package relay.common.endpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A set of ports, written {@code 1024-65535,80}.
 *
 * @param ranges in ascending order; they neither overlap nor touch
 */
public record PortRanges(List<PortRange> ranges) {

  private static final String EXPECTED =
      "ports (1 to 65535) and ranges, separated by commas, such as 80,1024-65535";

  /** Takes ranges in any order, overlapping or not; at least one. */
  public PortRanges {
    if (ranges.isEmpty()) {
      throw new InvalidValue("", "a set of ports", EXPECTED);
    }
    ranges = merge(ranges);
  }

  /**
   * Reads a set as a user wrote it.
   *
   * @throws InvalidValue where it is none
   */
  public static PortRanges of(String text) {
    List<PortRange> ranges = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      try {
        ranges.add(PortRange.of(part));
      } catch (InvalidValue e) {
        throw new InvalidValue(text, "a set of ports", EXPECTED);
      }
    }
    return new PortRanges(ranges);
  }

  public boolean contains(int port) {
    for (PortRange range : ranges) {
      if (range.contains(port)) {
        return true;
      }
    }
    return false;
  }

  /** How many ports. */
  public int size() {
    return ranges.stream().mapToInt(range -> range.last() - range.first() + 1).sum();
  }

  /** The port at {@code index}, in ascending order, from 0. */
  public int get(int index) {
    int left = index;
    for (PortRange range : ranges) {
      int size = range.last() - range.first() + 1;
      if (left < size) {
        return range.first() + left;
      }
      left -= size;
    }
    throw new IndexOutOfBoundsException(index);
  }

  @Override
  public String toString() {
    return ranges.stream().map(PortRange::toString).collect(Collectors.joining(","));
  }

  private static List<PortRange> merge(List<PortRange> ranges) {
    List<PortRange> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingInt(PortRange::first));
    List<PortRange> merged = new ArrayList<>();
    PortRange open = sorted.get(0);
    for (PortRange next : sorted) {
      if (next.first() <= open.last() + 1) {
        open = new PortRange(open.first(), Math.max(open.last(), next.last()));
      } else {
        merged.add(open);
        open = next;
      }
    }
    merged.add(open);
    return List.copyOf(merged);
  }
}
