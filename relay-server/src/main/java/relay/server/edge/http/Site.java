package relay.server.edge.http;

import io.netty.channel.Channel;
import java.util.function.Consumer;

/**
 * What all connections of one edge share.
 *
 * @param scheme {@code http} or {@code https}: what the visitor's URL begins with
 * @param spliced told of a visitor's channel that left HTTP
 */
record Site(String scheme, Routes routes, HttpLimits limits, Consumer<Channel> spliced) {}
