package relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.Audit;
import relay.server.auth.AuditEvent;
import relay.server.auth.AuditEvent.Kind;
import relay.server.auth.AuditEvent.Who;
import relay.server.auth.Identity;
import relay.server.config.LogFormat;

/** Audit events in the log, where they are without a file of their own. */
class AuditLogTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger(Audit.LOGGER);
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  @BeforeEach
  void listen() {
    events.start();
    logger.addAppender(events);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(events);
  }

  @Test
  void text_isOneLine_withWhatIsKnown() {
    Who ann = new Who("ann", "SHA256:x", "ann", "192.0.2.1", 4242);
    Audit.log(new AuditEvent(Kind.FORWARD, ann, "a\r\nb\u001b:80", null));
    Audit.log(
        new AuditEvent(
            Kind.LOGIN_REFUSED,
            new Who("", "", "", "", 0),
            "",
            new Refusal(RefusalCode.LOGIN_REFUSED, "no")));

    assertThat(events.list.stream().map(new LogLayout(LogFormat.TEXT)::doLayout))
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .endsWith(
                        " INFO  audit: forward {\"identity\":\"ann\",\"fingerprint\":\"SHA256:x\","
                            + "\"user\":\"ann\",\"source\":\"192.0.2.1\",\"port\":4242,"
                            + "\"what\":\"a\\r\\nb\\u001B:80\"}\n"),
            line ->
                assertThat(line)
                    .endsWith(
                        " audit: login-refused {\"code\":\"RELAY-LOGIN-REFUSED\","
                            + "\"reason\":\"no\"}\n"));
  }

  @ParameterizedTest
  @CsvSource({
    "ann, ann",
    "ann.b+c@example.org, ann.b+c@example.org",
    "two words, (9 characters)",
    "0123456789abcdef0123456789abcdefg, (33 characters)",
  })
  void loginName_isShownWhereItIsAPlainWord(String name, String shown) {
    assertThat(Who.of(new Identity("SHA256:x", "ann"), name, null).user()).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "TAKEN_OVER, TAKEOVER",
    "TUNNEL_REMOVED, CANCEL",
    "KEEPALIVE_LOST, EXPIRY",
    "SESSION_SUPERSEDED, KICK",
    "SHUTTING_DOWN, KICK",
  })
  void end_isCalledByItsCode(RefusalCode code, Kind kind) {
    assertThat(Kind.ofEnd(code)).isEqualTo(kind);
  }
}
