package relay.common.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.InvalidValue;

/**
 * Reads a configuration into a record of type {@code C}. Components that are records are groups of
 * keys; a component of type {@code Map<String, R>} is a group whose keys the user chooses, found in
 * the file only; every other one is a {@link Setting}.
 *
 * <p>All sources are checked, also where another one wins: a typo does not wait for the day on
 * which the flag is dropped.
 */
public final class ConfigLoader<C extends Record> {

  private static final String VARIABLES = "RELAY_";

  private final Class<C> type;
  private final Set<String> foreign;
  private final List<ConfigKey> keys;

  /**
   * @param type the record of the whole configuration
   * @param foreign variables beginning with {@code RELAY_} that others read: no warning about them
   */
  public ConfigLoader(Class<C> type, Set<String> foreign) {
    this.type = type;
    this.foreign = Set.copyOf(foreign);
    List<ConfigKey> found = new ArrayList<>();
    collect(type, "", found);
    this.keys = List.copyOf(found);
  }

  /** Every key, in the order of the records; those below a map have {@code *} for its key. */
  public List<ConfigKey> keys() {
    return keys;
  }

  /**
   * Reads and checks all sources.
   *
   * @throws ConfigException at the first mistake, as one line
   */
  public C load(ConfigSources sources) throws ConfigException {
    Node.Group root = sources.file() == null ? null : YamlFile.read(sources.file());
    return new Reading(sources).record(type, "", root);
  }

  /** One line for each variable that looks like ours and is not. */
  public List<String> warnings(Map<String, String> environment) {
    Set<String> known = new TreeSet<>(foreign);
    keys.forEach(key -> known.add(key.variable()));
    List<String> lines = new ArrayList<>();
    new TreeMap<>(environment)
        .keySet().stream()
            .filter(name -> name.startsWith(VARIABLES) && !known.contains(name))
            .forEach(name ->
                lines.add(
                    InvalidValue.shown(name)
                        + ": ignored, expected "
                        + Suggestion.among(known, name)));
    return lines;
  }

  private static void collect(Class<?> record, String prefix, List<ConfigKey> into) {
    for (RecordComponent component : record.getRecordComponents()) {
      String key = prefix + ConfigKey.kebab(component.getName());
      Setting setting = component.getAnnotation(Setting.class);
      if (setting != null) {
        into.add(new ConfigKey(key, setting, component.getType() == List.class));
      } else if (component.getType() == Map.class) {
        collect(valueOfMap(component), key + ".*.", into);
      } else {
        collect(component.getType(), key + ".", into);
      }
    }
  }

  private static Class<?> valueOfMap(RecordComponent component) {
    return (Class<?>) ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[1];
  }

  /** One run over all sources. */
  private static final class Reading {

    private final ConfigSources sources;

    Reading(ConfigSources sources) {
      this.sources = sources;
    }

    <R> R record(Class<R> type, String prefix, Node.@Nullable Group group) throws ConfigException {
      RecordComponent[] components = type.getRecordComponents();
      Set<String> names = new TreeSet<>();
      for (RecordComponent component : components) {
        names.add(ConfigKey.kebab(component.getName()));
      }
      Map<String, Node.Entry> entries = known(prefix, group, names);
      @Nullable Object[] values = new Object[components.length];
      for (int i = 0; i < components.length; i++) {
        String name = ConfigKey.kebab(components[i].getName());
        values[i] = component(components[i], prefix + name, entries.get(name));
      }
      return construct(type, components, values);
    }

    /** The group's entries; {@code ssh.listen: x} is taken as {@code ssh: {listen: x}}. */
    private Map<String, Node.Entry> known(
        String prefix, Node.@Nullable Group group, Set<String> names) throws ConfigException {
      Map<String, Node.Entry> entries = new LinkedHashMap<>();
      for (Map.Entry<String, Node.Entry> given :
          (group == null ? Map.<String, Node.Entry>of() : group.entries()).entrySet()) {
        String name = given.getKey();
        Node.Entry entry = given.getValue();
        int dot = name.indexOf('.');
        String first = dot < 0 ? name : name.substring(0, dot);
        if (!names.contains(first)) {
          throw fault(
              entry, prefix + name, "unknown key, expected " + Suggestion.among(names, name));
        }
        if (dot >= 0) {
          Map<String, Node.Entry> rest = Map.of(name.substring(dot + 1), entry);
          entry = new Node.Entry(entry.line(), new Node.Group(entry.line(), rest));
        }
        Node.Entry before = entries.get(first);
        entries.put(first, before == null ? entry : merge(prefix + name, before, entry));
      }
      return entries;
    }

    private Node.Entry merge(String key, Node.Entry before, Node.Entry entry)
        throws ConfigException {
      if (!(before.value() instanceof Node.Group a && entry.value() instanceof Node.Group b)) {
        throw fault(
            entry, key, "expected the key once, it is on line " + before.line() + " already");
      }
      Map<String, Node.Entry> all = new LinkedHashMap<>(a.entries());
      for (Map.Entry<String, Node.Entry> added : b.entries().entrySet()) {
        Node.Entry same = all.putIfAbsent(added.getKey(), added.getValue());
        if (same != null) {
          all.put(added.getKey(), merge(key, same, added.getValue()));
        }
      }
      return new Node.Entry(before.line(), new Node.Group(a.line(), all));
    }

    private @Nullable Object component(
        RecordComponent component, String key, Node.@Nullable Entry entry) throws ConfigException {
      Setting setting = component.getAnnotation(Setting.class);
      Class<?> type = component.getType();
      if (setting != null) {
        return setting(
            new ConfigKey(key, setting, type == List.class), component.getGenericType(), entry);
      }
      Node.Group group = group(key, entry);
      if (component.getType() != Map.class) {
        return record(component.getType(), key + ".", group);
      }
      Map<String, Object> map = new LinkedHashMap<>();
      if (group != null) {
        for (Map.Entry<String, Node.Entry> item : group.entries().entrySet()) {
          String below = key + "." + item.getKey();
          map.put(
              item.getKey(),
              record(valueOfMap(component), below + ".", group(below, item.getValue())));
        }
      }
      return Collections.unmodifiableMap(map);
    }

    private Node.@Nullable Group group(String key, Node.@Nullable Entry entry)
        throws ConfigException {
      if (entry == null || (entry.value() instanceof Node.Text text && text.text().isEmpty())) {
        return null;
      }
      if (entry.value() instanceof Node.Group group) {
        return group;
      }
      throw fault(entry, key, "expected keys below it");
    }

    private @Nullable Object setting(ConfigKey key, Type type, Node.@Nullable Entry entry)
        throws ConfigException {
      Object value = byDefault(key, type);
      if (entry != null) {
        value = ofFile(key, type, entry, value);
      }
      String variable = sources.environment().getOrDefault(key.variable(), "").strip();
      if (!variable.isEmpty()) { // an empty variable counts as unset
        value = read(key.variable(), null, key, type, parts(type, variable), value);
      }
      String flag = sources.flags().get(key.name());
      if (flag != null) {
        String name = key.setting().flag();
        value = read(name, null, key, type, parts(type, flag.strip()), value);
      }
      return value;
    }

    private @Nullable Object byDefault(ConfigKey key, Type type) {
      String text = sources.computed().getOrDefault(key.name(), key.setting().byDefault());
      if (text.isEmpty()) {
        return isList(type) ? List.of() : null;
      }
      return ValueReader.read(type, key.setting(), parts(type, text));
    }

    private @Nullable Object ofFile(
        ConfigKey key, Type type, Node.Entry entry, @Nullable Object byDefault)
        throws ConfigException {
      List<String> texts;
      if (entry.value() instanceof Node.Text text) {
        texts = parts(type, text.text());
      } else if (entry.value() instanceof Node.Many many) {
        texts = many.items().stream().map(Node.Text::text).toList();
      } else if (key.setting().notYet()) {
        throw fault(entry, key.name(), notYet(key));
      } else {
        throw fault(entry, key.name(), isList(type) ? "expected a list" : "expected one value");
      }
      return read(at(entry), key.name(), key, type, texts, byDefault);
    }

    /** Reads what one source gives; {@code before} is what a source of less weight gave. */
    private @Nullable Object read(
        String where,
        @Nullable String shownKey,
        ConfigKey key,
        Type type,
        List<String> texts,
        @Nullable Object before)
        throws ConfigException {
      try {
        Object value = ValueReader.read(type, key.setting(), texts);
        if (key.setting().notYet() && !value.equals(before)) {
          throw new ConfigException(where, shownKey, String.join(", ", texts), notYet(key));
        }
        return value;
      } catch (InvalidValue e) {
        throw new ConfigException(
            where, shownKey, String.join(", ", texts), "expected " + e.expected());
      }
    }

    private ConfigException fault(Node.Entry entry, String key, String expected) {
      return new ConfigException(at(entry), key, entry.value().shown(), expected);
    }

    private String at(Node.Entry entry) {
      Path file = sources.file();
      return file + ":" + entry.line();
    }

    private static String notYet(ConfigKey key) {
      String only = key.setting().byDefault();
      return "not supported yet, expected " + (only.isEmpty() ? "nothing" : only);
    }

    /** A list may be written with commas. */
    private static List<String> parts(Type type, String text) {
      if (!isList(type)) {
        return List.of(text);
      }
      return text.isEmpty()
          ? List.of()
          : Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    }

    private static boolean isList(Type type) {
      return type instanceof ParameterizedType list && list.getRawType() == List.class;
    }

    private static <R> R construct(
        Class<R> type, RecordComponent[] components, @Nullable Object[] values) {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      try {
        Constructor<R> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
      } catch (InvocationTargetException e) {
        throw new IllegalStateException("cannot make a " + type.getName(), e.getCause());
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot make a " + type.getName(), e);
      }
    }
  }
}
