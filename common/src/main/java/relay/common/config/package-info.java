/**
 * From YAML, environment and flags into records; an unknown key is an error that names its line.
 * Also {@link relay.common.config.Version}, which of the builds this is. Start with the loader,
 * which alone reads the environment.
 */
@NullMarked
package relay.common.config;

import org.jspecify.annotations.NullMarked;
