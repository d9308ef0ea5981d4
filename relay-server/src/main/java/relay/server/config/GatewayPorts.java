package relay.server.config;

/** Who says where a TCP forward listens: sshd's option of the same name (sshd_config(5)). */
public enum GatewayPorts {
  /** Loopback, whatever was asked. */
  NO,
  /** All that {@code tcp.listen} stands for, whatever was asked. */
  YES,
  /** The address that was asked for, where {@code tcp.listen} covers it. */
  CLIENTSPECIFIED
}
