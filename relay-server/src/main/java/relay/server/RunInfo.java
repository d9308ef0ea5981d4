package relay.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a running server tells scripts: {@code run.json}, and the same in the {@code ready} line.
 *
 * @param listeners the addresses really bound, by the listener's name
 */
record RunInfo(
    long pid,
    String version,
    String domain,
    Map<String, List<InetSocketAddress>> listeners,
    List<String> hostKeys) {

  private static final JsonMapper JSON = new JsonMapper();

  /** The fields in their documented order. */
  Map<String, Object> fields() {
    Map<String, Object> addresses = new LinkedHashMap<>();
    for (String name : List.of("ssh", "http", "https", "admin")) {
      addresses.put(
          name,
          listeners.getOrDefault(name, List.of()).stream()
              .map(NetUtil::toSocketAddressString)
              .toList());
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("pid", pid);
    fields.put("version", version);
    fields.put("domain", domain);
    fields.put("listeners", addresses);
    fields.put("host-keys", hostKeys);
    return fields;
  }

  byte[] json() {
    try {
      return (JSON.writeValueAsString(fields()) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers have a JSON form", e);
    }
  }
}
