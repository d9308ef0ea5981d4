package relay.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PortRange;

class ConfigLoaderTest {

  enum Colour {
    RED,
    DARK_BLUE
  }

  record Whole(
      @Setting(byDefault = "localhost", flag = "--domain", meaning = "a name") Hostname domain,
      @Setting(meaning = "where") @Nullable Path dataDir,
      Inner inner,
      Map<String, Item> items) {}

  record Inner(
      @Setting(byDefault = "10", max = 20, meaning = "how many") int count,
      @Setting(byDefault = "10m", meaning = "how long") Duration nameHold,
      @Setting(byDefault = "64KB", max = 1 << 20, meaning = "how large") ByteSize size,
      @Setting(byDefault = "dark-blue", meaning = "a colour") Colour colour,
      @Setting(byDefault = "no", meaning = "whether") boolean on,
      @Setting(byDefault = "1-2", meaning = "which") PortRange ports,
      @Setting(meaning = "several") List<String> names,
      @Setting(byDefault = "off", notYet = true, meaning = "later") String later) {}

  record Item(@Setting(byDefault = "1", meaning = "a port") int port) {}

  private static final Inner DEFAULTS =
      new Inner(
          10,
          Duration.ofMinutes(10),
          new ByteSize(65536),
          Colour.DARK_BLUE,
          false,
          new PortRange(1, 2),
          List.of(),
          "off");

  private final ConfigLoader<Whole> loader = new ConfigLoader<>(Whole.class, Set.of("RELAY_KEY"));

  @TempDir Path dir;

  @Test
  void load_nothing_isTheDefaults() throws ConfigException {
    Whole defaults = new Whole(new Hostname("localhost"), null, DEFAULTS, Map.of());
    assertThat(load(Map.of(), Map.of())).isEqualTo(defaults);
    assertThat(loader.load(new ConfigSources(null, Map.of(), Map.of(), Map.of("data-dir", "/x"))))
        .extracting(Whole::dataDir)
        .isEqualTo(Path.of("/x"));
  }

  @Test
  void load_file_setsEveryType() throws Exception {
    Whole whole =
        file(
            """
            # a comment
            domain: Example.ORG
            data-dir: ~/relay
            inner:
              count: 20
              name-hold: 500ms
              size: 1MB
              colour: red
              on: yes
              ports: 80
              names: [a, "b, c", 010]
              later: off
            items:
              web: {port: 3000}
              db:
            """);
    assertThat(whole)
        .isEqualTo(
            new Whole(
                new Hostname("example.org"),
                Path.of(System.getProperty("user.home"), "relay"),
                new Inner(
                    20,
                    Duration.ofMillis(500),
                    new ByteSize(1 << 20),
                    Colour.RED,
                    true,
                    new PortRange(80, 80),
                    List.of("a", "b, c", "010"),
                    "off"),
                Map.of("web", new Item(3000), "db", new Item(1))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``",
        "---",
        "# nothing",
        "inner:",
        "inner: {}",
        "inner: {names: }",
        "inner: {names: []}",
        "inner.count: 10",
        "{inner.count: 10, inner: {on: no}}",
        "inner: {later: off}"
      })
  void load_fileThatSaysNothingNew_isTheDefaults(String yaml) throws Exception {
    assertThat(file(yaml).inner()).isEqualTo(DEFAULTS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "domain: a_b | 1: domain: 'a_b': expected letters (a to z), digits, hyphens and dots only",
        "domian: x | 1: domian: 'x': unknown key, expected domain",
        "\\n\\ninner:\\n  zzz: 1 | 4: inner.zzz: '1': unknown key, expected one of colour, count, "
            + "later, name-hold, names, on, ports, size",
        "inner: {nameHold: 1s} | 1: inner.nameHold: '1s': unknown key, expected name-hold",
        "zzz.a: 1 | 1: zzz.a: '1': unknown key, expected one of data-dir, domain, inner, items",
        "domain: a\\ndomain: b | 2: domain: 'b': expected the key once, it is on line 1 already",
        "inner: {count: 1}\\ninner.count: 2 | 2: inner.count: '2': expected the key once, it is on "
            + "line 1 already",
        "inner: {count: 1}\\ninner: {on: no} | 2: inner: '{on}': expected the key once, it is on "
            + "line 1 already",
        "inner: {count: ten} | 1: inner.count: 'ten': expected a whole number from 1 to 20",
        "inner: {count: 21} | 1: inner.count: '21': expected a whole number from 1 to 20",
        "inner: {count: 0} | 1: inner.count: '0': expected a whole number from 1 to 20",
        "inner: {count: 1.5} | 1: inner.count: '1.5': expected a whole number from 1 to 20",
        "inner: {count: [1, 2]} | 1: inner.count: '1, 2': expected one value, not a list",
        "inner: {count: {a: 1}} | 1: inner.count: '{a}': expected one value",
        "inner: {count: } | 1: inner.count: '': expected a value",
        "inner: 5 | 1: inner: '5': expected keys below it",
        "inner: {name-hold: 10} | 1: inner.name-hold: '10': expected a duration such as 500ms, 15s, "
            + "10m, 1h or 7d",
        "inner: {name-hold: 0s} | 1: inner.name-hold: '0s': expected a duration such as 500ms, 15s, "
            + "10m, 1h or 7d, from 1ms to 2147483647ms",
        "inner: {size: 2MB} | 1: inner.size: '2MB': expected a size such as 512B, 64KB or 16MB, "
            + "from 1B to 1048576B",
        "inner: {size: 64kb} | 1: inner.size: '64kb': expected a size such as 512B, 64KB or 16MB",
        "inner: {colour: BLUE} | 1: inner.colour: 'BLUE': expected one of red, dark-blue",
        "inner: {on: 1} | 1: inner.on: '1': expected yes or no",
        "inner: {ports: 9-8} | 1: inner.ports: '9-8': expected a port (1 to 65535) or a range such "
            + "as 20000-29999",
        "inner: {names: [[a]]} | 1: inner.names: '[a]': expected a list of plain values",
        "inner: {names: {a: b}} | 1: inner.names: '{a}': expected a list",
        "inner: {later: on} | 1: inner.later: 'on': not supported yet, expected off",
        "inner: {later: {a: b}} | 1: inner.later: '{a}': not supported yet, expected off",
        "items: {web: 3000} | 1: items.web: '3000': expected keys below it",
        "items: {web: {prot: 1}} | 1: items.web.prot: '1': unknown key, expected port",
        "domain: *x | 1: domain: '*x': expected quotes: * begins a YAML alias",
        "- domain | 1: '[domain]': expected keys and values",
        "text | 1: 'text': expected keys and values",
        "a: 1\\n---\\nb: 2 | 3: expected one YAML document",
        "domain: 'x | 1: cannot be read: expected YAML, found unexpected end of stream",
        "domain: x: y | 1: cannot be read: expected YAML, mapping values are not allowed here",
        "\\tdomain: x | 1: cannot be read: expected YAML, found character '\\\\t(TAB)' that cannot "
            + "start any token. (Do not use \\\\t(TAB) for indentation)",
        "domain: \"\\u001b[2J\" | 1: domain: '\\u{1b}[2J': expected letters (a to z), digits, hyphens "
            + "and dots only",
        "\"do\\\\emain\": x | 1: do\\u{1b}main: 'x': unknown key, expected domain",
      })
  void load_mistakeInFile_isOneLine(String yaml, String message) {
    String text = yaml.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
    assertThatThrownBy(() -> file(text))
        .isInstanceOf(ConfigException.class)
        .hasMessage(dir.resolve("relay.yml") + ":" + message);
  }

  @Test
  void load_fileThatIsNotThere_isOneLine() {
    Path missing = dir.resolve("missing.yml");
    assertThatThrownBy(() -> loader.load(new ConfigSources(missing, Map.of(), Map.of(), Map.of())))
        .hasMessage(missing + ": cannot be read: there is no such file");
  }

  @Test
  void load_binaryFile_isOneLine() throws IOException {
    Path path = Files.write(dir.resolve("relay.yml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThatThrownBy(() -> loader.load(new ConfigSources(path, Map.of(), Map.of(), Map.of())))
        .hasMessage(path + ": cannot be read: expected UTF-8");
  }

  @Test
  void load_precedence_flagEnvironmentFileDefault() throws Exception {
    Path path = Files.writeString(dir.resolve("relay.yml"), "domain: file.example");
    Map<String, String> environment = Map.of("RELAY_DOMAIN", "env.example");
    Map<String, String> flags = Map.of("domain", "flag.example");
    assertThat(domain(new ConfigSources(path, environment, flags, Map.of())))
        .isEqualTo("flag.example");
    assertThat(domain(new ConfigSources(path, environment, Map.of(), Map.of())))
        .isEqualTo("env.example");
    assertThat(domain(new ConfigSources(path, Map.of(), Map.of(), Map.of())))
        .isEqualTo("file.example");
    assertThat(domain(new ConfigSources(path, Map.of("RELAY_DOMAIN", ""), Map.of(), Map.of())))
        .isEqualTo("file.example");
  }

  @Test
  void load_mistakeElsewhere_namesVariableOrFlag() {
    assertThatThrownBy(() -> load(Map.of("RELAY_INNER_NAME_HOLD", "soon"), Map.of()))
        .hasMessage(
            "RELAY_INNER_NAME_HOLD: 'soon': expected a duration such as 500ms, 15s, 10m, 1h or 7d");
    assertThatThrownBy(() -> load(Map.of(), Map.of("domain", "a\nb")))
        .hasMessage(
            "--domain: 'a\\u{a}b': expected letters (a to z), digits, hyphens and dots only");
    assertThatThrownBy(() -> load(Map.of("RELAY_INNER_LATER", "x"), Map.of()))
        .hasMessage("RELAY_INNER_LATER: 'x': not supported yet, expected off");
  }

  @Test
  void load_listInEnvironment_isSplitAtCommas() throws ConfigException {
    assertThat(load(Map.of("RELAY_INNER_NAMES", "a, b"), Map.of()).inner().names())
        .containsExactly("a", "b");
  }

  @Test
  void warnings_unknownVariables_oneLineEach() {
    Map<String, String> environment =
        Map.of("RELAY_DOMIAN", "x", "RELAY_KEY", "x", "RELAY_DOMAIN", "x", "HOME", "x");
    assertThat(loader.warnings(environment))
        .containsExactly("RELAY_DOMIAN: ignored, expected RELAY_DOMAIN");
  }

  @Test
  void keys_areDottedAndKebab() {
    assertThat(loader.keys())
        .extracting(ConfigKey::name)
        .contains("domain", "data-dir", "inner.name-hold", "items.*.port");
    assertThat(loader.keys())
        .extracting(ConfigKey::variable)
        .contains("RELAY_DATA_DIR", "RELAY_INNER_NAME_HOLD");
  }

  private String domain(ConfigSources sources) throws ConfigException {
    return loader.load(sources).domain().value();
  }

  private Whole load(Map<String, String> environment, Map<String, String> flags)
      throws ConfigException {
    return loader.load(new ConfigSources(null, environment, flags, Map.of()));
  }

  private Whole file(String yaml) throws IOException, ConfigException {
    Path path = Files.writeString(dir.resolve("relay.yml"), yaml);
    return loader.load(new ConfigSources(path, Map.of(), Map.of(), Map.of()));
  }
}
