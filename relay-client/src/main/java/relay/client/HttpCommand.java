package relay.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import relay.client.local.LocalAddress;
import relay.client.session.Forward;
import relay.common.endpoint.Hostname;

@Command(
    name = "http",
    description = "Give a local web server a public URL.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  relay http 3000                      a URL of your own, the same each time",
      "  relay http 3000 --name shop          http://shop.<domain>",
      "  relay http 5173 --host-header rewrite",
      "                                       a dev server that knows localhost only",
      "  relay http 3001 --name shop --path /api --strip-path",
      "                                       http://shop.<domain>/api, there as /",
      "  relay http 192.168.1.20:8080         a web server on another machine",
      "  RELAY_SERVER=relay.example.org relay http 3000"
    },
    sortOptions = false,
    mixinStandardHelpOptions = true)
final class HttpCommand implements Callable<Integer> {

  private final Environment environment;

  @Mixin private TunnelOptions options = new TunnelOptions();

  @Parameters(paramLabel = "PORT|HOST:PORT", description = "Where the web server listens.")
  private String target = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The name wanted; without it, the server gives one that stays yours.")
  private @Nullable String name;

  @Mixin private HttpOptions http = new HttpOptions();

  HttpCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    LocalAddress local = options.local(target);
    List<String> words = new ArrayList<>(http.words(local));
    words.addAll(options.words());
    Forward forward = Forward.http(checkedName(), http.path(), words);
    return environment.run(options.settings(forward, environment), local, options.json());
  }

  private @Nullable String checkedName() {
    if (name == null) {
      return null;
    }
    try {
      Hostname wanted = Hostname.of(name);
      if (wanted.value().equals("localhost")) {
        throw options.usage("--name localhost: expected a name of your own, such as shop");
      }
      return wanted.value();
    } catch (IllegalArgumentException e) {
      throw options.usage("--name: " + e.getMessage());
    }
  }
}
