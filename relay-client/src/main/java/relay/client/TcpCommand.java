package relay.client;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import relay.client.local.LocalAddress;
import relay.client.session.Forward;

@Command(
    name = "tcp",
    description = "Give a local TCP service a public port.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  relay tcp 5432                       any port; it is kept while relay runs",
      "  relay tcp 5432 --remote-port 4000    port 4000 of the relay",
      "  relay tcp 8080 --proxy-protocol 2    the service reads who visits from the PROXY protocol",
      "  relay tcp 22 --server me@relay.example.org:2222"
    },
    sortOptions = false,
    mixinStandardHelpOptions = true)
final class TcpCommand implements Callable<Integer> {

  private static final int MAX_PORT = 65535;

  private final Environment environment;

  @Mixin private TunnelOptions options = new TunnelOptions();

  @Parameters(paramLabel = "PORT|HOST:PORT", description = "Where the service listens.")
  private String target = "";

  @Option(
      names = "--remote-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "The public port wanted, 1 to 65535; without it, any.")
  private int remotePort;

  TcpCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    LocalAddress local = options.local(target);
    if (remotePort < 0 || remotePort > MAX_PORT) {
      throw options.usage("--remote-port " + remotePort + ": expected 1 to " + MAX_PORT);
    }
    return environment.run(
        options.settings(Forward.tcp(remotePort, options.words()), environment),
        local,
        options.json());
  }
}
