/**
 * What an operator may set, as records and nothing but records: one for each section of {@code
 * relay.yml}, each with its defaults and limits. Start with the record of the whole file and follow
 * its components.
 */
@NullMarked
package relay.server.config;

import org.jspecify.annotations.NullMarked;
