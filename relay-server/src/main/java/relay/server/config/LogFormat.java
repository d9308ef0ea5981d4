package relay.server.config;

/** How the log is written: for people, or one JSON object a line. */
public enum LogFormat {
  TEXT,
  JSON
}
