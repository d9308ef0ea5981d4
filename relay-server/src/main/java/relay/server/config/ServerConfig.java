package relay.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import relay.common.config.Setting;
import relay.common.endpoint.AddressRange;
import relay.common.endpoint.Hostname;
import relay.common.endpoint.PortRange;
import relay.common.endpoint.PortRanges;

/** Everything that an operator may set: the whole of {@code relay.yml}. */
public record ServerConfig(
    @Setting(
            flag = "--data-dir",
            byDefault = "$XDG_STATE_HOME/relay, else ~/.local/state/relay",
            meaning = "where the host key, the names, the tokens and run.json are kept")
        Path dataDir,
    @Setting(
            flag = "--domain",
            byDefault = "localhost",
            meaning = "names are served as foo.<domain>")
        Hostname domain,
    Ssh ssh,
    Http http,
    Https https,
    Tcp tcp,
    Dns dns,
    Admin admin,
    Log log,
    Limits limits,
    @Setting(
            byDefault = "off",
            notYet = true,
            meaning = "several servers that serve one another's tunnels")
        String cluster) {

  /** The listener for ssh clients. */
  public record Ssh(
      @Setting(
              flag = "--ssh-listen",
              byDefault = "localhost:2222",
              meaning = "where ssh clients connect")
          ListenAddress listen,
      @Setting(
              flag = "--gateway-ports",
              byDefault = "yes",
              meaning = "sshd's GatewayPorts for TCP forwards: no, yes or clientspecified")
          GatewayPorts gatewayPorts,
      @Setting(
              flag = "--authorized-keys",
              meaning =
                  "files, or directories of them, of who may connect, in sshd's syntax; without it"
                      + " ~/.ssh/authorized_keys and your own public keys")
          List<Path> authorizedKeys,
      @Setting(
              meaning =
                  "files of what is let in no more: keys, fingerprints, and the serials and key ids"
                      + " of certificates, as ssh-keygen -k reads them")
          List<Path> revokedKeys,
      @Setting(
              meaning =
                  "a program with arguments, or an https URL, that answers with authorized_keys"
                      + " lines for a key that no file has: %u the login name, %f its fingerprint,"
                      + " %t its type, %k the key")
          @Nullable KeyCommand authorizedKeysCommand,
      @Setting(
              flag = "--permit-open",
              byDefault = "listed",
              meaning =
                  "hosts that are no tunnel, for -L, -D and -W: listed (by a key's permitopen),"
                      + " any, none, or a list of host:port")
          List<PermitOpen> permitOpen,
      @Setting(
              byDefault = "no",
              meaning =
                  "yes: people without a key may connect, as the user nokey or any other, and get"
                      + " random names, which nobody keeps for them")
          boolean anonymous,
      @Setting(
              byDefault = "127.0.0.0/8,::1",
              meaning =
                  "addresses (CIDR) that have neither logins-per-source, anonymous-per-source nor"
                      + " penalties, such as those of a proxy that many connect through")
          List<AddressRange> exemptSources) {}

  /** The public HTTP listener. */
  public record Http(
      @Setting(
              flag = "--http-listen",
              byDefault = "localhost:8080",
              meaning = "where visitors' HTTP requests come in")
          ListenAddress listen,
      @Setting(
              flag = "--public-url",
              meaning =
                  "scheme and port of the URLs that are printed, for a relay behind another proxy;"
                      + " without it those of the listeners")
          @Nullable PublicUrl publicUrl,
      @Setting(
              flag = "--trusted-proxies",
              meaning =
                  "addresses (CIDR) of proxies whose X-Forwarded headers and PROXY protocol count")
          List<AddressRange> trustedProxies,
      @Setting(
              byDefault = "60s",
              min = 100,
              meaning =
                  "how long a local service may take to begin its answer; then 504. A tunnel may"
                      + " have another, by upstream-timeout=")
          Duration upstreamTimeout) {}

  /** The public HTTPS listener. */
  public record Https(
      @Setting(
              flag = "--https-listen",
              byDefault = "off",
              meaning = "where visitors' HTTPS requests come in")
          ListenAddress listen,
      @Setting(
              flag = "--https-certificate",
              meaning =
                  "PEM files, each a certificate and those that lead to its issuer's root; the"
                      + " first is for names that none of them has")
          List<Path> certificate,
      @Setting(
              flag = "--https-key",
              meaning = "PEM files, the private key of each https.certificate in the same order")
          List<Path> key,
      @Setting(byDefault = "off", notYet = true, meaning = "certificates by ACME") String acme) {}

  /** TCP forwards. */
  public record Tcp(
      @Setting(
              flag = "--tcp-listen",
              byDefault = "localhost",
              meaning = "what 'every interface' stands for in a TCP forward: hosts without a port")
          List<BindHost> listen,
      @Setting(flag = "--tcp-ports", byDefault = "20000-29999", meaning = "where -R 0 finds a port")
          PortRange ports,
      @Setting(
              flag = "--tcp-allow",
              byDefault = "1024-65535",
              meaning = "ports that may be asked for by number, less those that relay listens on")
          PortRanges allow) {}

  /** Look-ups of whose a domain is. */
  public record Dns(
      @Setting(
              meaning =
                  "DNS servers (IP addresses, with a port or without) to ask whose a domain is;"
                      + " without it those of the system")
          List<DnsServer> servers) {}

  /** The operator's listener. */
  public record Admin(
      @Setting(
              flag = "--admin-listen",
              byDefault = "off",
              meaning = "where /healthz and /readyz are served")
          ListenAddress listen) {}

  /** The log, on standard output, and the audit log. */
  public record Log(
      @Setting(
              flag = "--log-format",
              byDefault = "text on a terminal, else json",
              meaning = "text, or json for one object a line")
          LogFormat format,
      @Setting(
              meaning =
                  "where logins, forwards, refusals and the like are recorded, one JSON object a"
                      + " line; without it in the log")
          @Nullable Path auditFile) {}
}
