package relay.server.tunnel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.InvalidHostname;

/** The lines of the {@link NameStore}'s file: a JSON array each, of changes made together. */
final class NameRecords {

  private static final ObjectMapper JSON = new ObjectMapper();

  sealed interface Change {
    /**
     * Whose a name or port is from now on.
     *
     * @param root as {@link relay.common.endpoint.Endpoint#root}
     * @param title without its quarantine
     * @param until end of the quarantine, in milliseconds of the wall clock; 0 for none
     */
    record Put(Object root, Title title, long until) implements Change {}

    record Remove(Object root) implements Change {}

    /** How often an identity has given its own name of a number up. */
    record Counter(String identity, int number, int value) implements Change {}
  }

  private NameRecords() {}

  static String encode(List<? extends Change> changes) {
    ArrayNode array = JSON.createArrayNode();
    for (Change change : changes) {
      ObjectNode node = array.addObject();
      if (change instanceof Change.Put put) {
        Title title = put.title();
        root(node, put.root()).put("owner", title.owner());
        if (title.reserved()) {
          node.put("reserved", true);
        }
        if (title.pool()) {
          node.put("pool", true);
        }
        if (title.encrypted()) {
          node.put("encrypted", true);
        }
        if (title.hidden()) {
          node.put("hidden", true);
        }
        if (title.number() > 0) {
          node.put("number", title.number());
        }
        if (put.until() != 0) {
          node.put("until", put.until());
        }
      } else if (change instanceof Change.Remove remove) {
        root(node, remove.root());
      } else if (change instanceof Change.Counter counter) {
        node.put("identity", counter.identity())
            .put("number", counter.number())
            .put("counter", counter.value());
      }
    }
    return array.toString();
  }

  private static ObjectNode root(ObjectNode node, Object root) {
    return root instanceof Hostname name
        ? node.put("name", name.value())
        : node.put("port", (Integer) root);
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException where it is none of ours
   */
  static List<Change> decode(String line) {
    List<Change> changes = new ArrayList<>();
    try {
      JsonNode array = JSON.readTree(line);
      if (!array.isArray()) {
        throw new IllegalArgumentException("no list of changes");
      }
      for (JsonNode node : array) {
        changes.add(change(node));
      }
    } catch (JsonProcessingException | InvalidHostname e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return changes;
  }

  private static Change change(JsonNode node) {
    int number = node.path("number").asInt();
    Object root = root(node);
    if (root == null) {
      String identity = node.path("identity").asText();
      int counter = node.path("counter").asInt();
      if (identity.isEmpty() || number < 1 || counter < 1) {
        throw new IllegalArgumentException("neither name nor port nor counter");
      }
      return new Change.Counter(identity, number, counter);
    }
    String owner = node.path("owner").asText();
    return owner.isEmpty()
        ? new Change.Remove(root)
        : new Change.Put(
            root,
            new Title(
                owner,
                node.path("reserved").asBoolean(),
                node.path("pool").asBoolean(),
                node.path("encrypted").asBoolean(),
                node.path("hidden").asBoolean(),
                number,
                null),
            node.path("until").asLong());
  }

  private static @Nullable Object root(JsonNode node) {
    if (node.has("name")) {
      return new Hostname(node.get("name").asText());
    }
    int port = node.path("port").asInt();
    return port > 0 && port < 1 << 16 ? (Integer) port : null;
  }
}
