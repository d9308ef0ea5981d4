package relay.server;

import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/**
 * A listener, with all that it carries, as {@link Lifecycle} sees it.
 *
 * @param name as in {@code run.json}
 * @param key the configuration's, for the line about an address that cannot be bound
 * @param bind binds all addresses or none; gives those really bound, and fails with an IOException
 *     whose message goes after the key
 * @param stopAccepting closes the listeners; what was accepted goes on
 * @param drain lets what is in flight end; completes when nothing is
 * @param close ends everything at once
 */
record Part(
    String name,
    String key,
    Supplier<Future<List<InetSocketAddress>>> bind,
    Supplier<? extends Future<?>> stopAccepting,
    Supplier<? extends Future<?>> drain,
    Supplier<? extends Future<?>> close) {}
