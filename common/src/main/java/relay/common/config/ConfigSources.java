package relay.common.config;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from: a flag wins over the environment, which wins over the file,
 * which wins over the default.
 *
 * @param file the YAML file, or null for none
 * @param environment all variables; those that begin with {@code RELAY_} are looked at
 * @param flags values that were given as flags, by dotted key
 * @param computed defaults that depend on the machine, by dotted key
 */
public record ConfigSources(
    @Nullable Path file,
    Map<String, String> environment,
    Map<String, String> flags,
    Map<String, String> computed) {}
