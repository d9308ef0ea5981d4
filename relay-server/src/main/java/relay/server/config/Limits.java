package relay.server.config;

import java.time.Duration;
import relay.common.config.ByteSize;
import relay.common.config.Setting;

/** What one peer may take, and how long anything may last. Times are on the monotonic clock. */
public record Limits(
    @Setting(
            byDefault = "10m",
            min = 0,
            meaning = "how long a dropped name or port is held for its owner")
        Duration nameHold,
    @Setting(
            byDefault = "30d",
            min = 0,
            max = 31_536_000_000L,
            meaning = "how long nobody else gets an identity's own name when it is held no longer")
        Duration nameQuarantine,
    @Setting(
            byDefault = "2s",
            meaning =
                "how long a session may take to show life before a name of its own"
                    + " identity moves away from it")
        Duration takeoverProbe,
    @Setting(
            byDefault = "5s",
            min = 100,
            meaning = "how long DNS may take to tell whose a domain is")
        Duration dnsTimeout,
    @Setting(
            byDefault = "5m",
            min = 1000,
            meaning = "how often DNS is asked whether a domain that is served is still its user's")
        Duration domainRecheck,
    @Setting(byDefault = "200", max = 65535, meaning = "tunnels in one session")
        int tunnelsPerSession,
    @Setting(
            byDefault = "1000",
            max = 1_000_000,
            meaning = "open channels in one session, those closing included")
        int channelsPerSession,
    @Setting(
            byDefault = "1000",
            max = 1_000_000,
            meaning =
                "names and ports of one key, held ones included; of who has none, those of one"
                    + " address")
        int namesPerIdentity,
    @Setting(
            byDefault = "100",
            max = 10_000_000,
            meaning = "sessions of one key at once; one more is ended as it logs in")
        int sessionsPerIdentity,
    @Setting(
            byDefault = "10000",
            max = 10_000_000,
            meaning = "open channels in all sessions of one key, those closing included")
        int channelsPerIdentity,
    @Setting(
            byDefault = "10000",
            max = 10_000_000,
            meaning =
                "visitors' connections to all tunnels of one key; one more gets 429 by HTTP, and is"
                    + " reset by TCP")
        int visitorsPerIdentity,
    @Setting(
            byDefault = "0B",
            min = 0,
            max = 1_000_000_000,
            meaning =
                "what all sessions of one key may carry each second, both ways together; what is"
                    + " faster waits. 0B: as fast as it is")
        ByteSize bytesPerSecond,
    @Setting(byDefault = "20s", min = 100, meaning = "how long a login may take")
        Duration loginGrace,
    @Setting(
            byDefault = "6",
            max = 20,
            meaning = "failed tries to log in of one connection, a key that is not let in is one")
        int loginTries,
    @Setting(
            byDefault = "20",
            max = 100_000,
            meaning = "connections of one source that wait for their login")
        int loginsPerSource,
    @Setting(
            byDefault = "20",
            max = 100_000,
            meaning = "sessions of one source without a key, where ssh.anonymous lets them in")
        int anonymousPerSource,
    @Setting(
            byDefault = "10:30:100",
            meaning =
                "connections that wait for their login: from how many on the one that is silent"
                    + " for longest has to go when another comes, with what chance in percent, and"
                    + " how many there are at most")
        Startups startups,
    @Setting(
            byDefault = "5s",
            min = 0,
            max = 86_400_000,
            meaning = "what a source has to wait for a connection with failed tries and no login")
        Duration penaltyFailed,
    @Setting(
            byDefault = "1s",
            min = 0,
            max = 86_400_000,
            meaning = "what it has to wait for a connection without a try")
        Duration penaltyNoTry,
    @Setting(
            byDefault = "10s",
            min = 0,
            max = 86_400_000,
            meaning = "what it has to wait for a connection that did not log in within login-grace")
        Duration penaltyLate,
    @Setting(
            byDefault = "15s",
            min = 0,
            max = 86_400_000,
            meaning = "what these have to come to before the source waits at all")
        Duration penaltyMin,
    @Setting(byDefault = "10m", min = 0, max = 86_400_000, meaning = "what these come to at most")
        Duration penaltyMax,
    @Setting(
            byDefault = "65536",
            max = 10_000_000,
            meaning = "sources of which penalties are known")
        int penaltySources,
    @Setting(
            byDefault = "5s",
            min = 100,
            meaning = "how long ssh.authorized-keys-command may take; then nobody is let in")
        Duration keyCommand,
    @Setting(
            byDefault = "1m",
            min = 100,
            meaning =
                "how long an answer of ssh.authorized-keys-command counts; then it is asked again,"
                    + " for the sessions that there are too")
        Duration keyCommandKept,
    @Setting(
            byDefault = "15s",
            min = 100,
            meaning = "silence of an ssh client after which it is asked for a sign of life")
        Duration keepalive,
    @Setting(
            byDefault = "3",
            max = 1000,
            meaning = "signs of life missed in a row that end a session")
        int keepaliveMisses,
    @Setting(
            byDefault = "1GB",
            min = 1 << 20,
            max = Long.MAX_VALUE,
            meaning = "what one direction of an ssh session carries before its keys are changed")
        ByteSize rekeyBytes,
    @Setting(
            byDefault = "1h",
            min = 1000,
            meaning = "how long an ssh session that is used keeps its keys")
        Duration rekeyAfter,
    @Setting(
            byDefault = "10s",
            min = 100,
            meaning = "how long an ssh client may take to open a stream; then 504")
        Duration openTimeout,
    @Setting(
            byDefault = "256KB",
            min = 32 << 10,
            max = 64 << 20,
            meaning = "what one stream may send at first before it is written on")
        ByteSize window,
    @Setting(
            byDefault = "64MB",
            min = 0,
            max = 64L << 30,
            meaning =
                "what all streams together may send beyond that, while what they send is written"
                    + " on at once")
        ByteSize windowBudget,
    @Setting(
            byDefault = "10s",
            min = 100,
            meaning = "how long the head of an HTTP request may take; then 408")
        Duration headerTimeout,
    @Setting(
            byDefault = "8KB",
            min = 256,
            max = 1 << 20,
            meaning = "the target of an HTTP request; then 414")
        ByteSize requestTarget,
    @Setting(byDefault = "100", max = 10_000, meaning = "header lines of an HTTP request; then 431")
        int headerLines,
    @Setting(
            byDefault = "64KB",
            min = 1024,
            max = 4 << 20,
            meaning = "all header lines of an HTTP request together; then 431")
        ByteSize headerSize,
    @Setting(
            byDefault = "0B",
            min = 0,
            max = Long.MAX_VALUE,
            meaning = "the body of an HTTP request; then 413. 0B: of any size")
        ByteSize requestBody,
    @Setting(
            byDefault = "500B",
            min = 0,
            meaning =
                "what the body of a request brings each second at least, while the visitor is"
                    + " waited for; then 408. 0B: nothing")
        ByteSize bodyRate,
    @Setting(
            byDefault = "20s",
            min = 100,
            meaning = "over which time body-rate is judged: so long a pause is forgiven")
        Duration bodyWindow,
    @Setting(
            byDefault = "10m",
            min = 100,
            meaning = "how long a visitor may take nothing of an answer that waits; then it is cut")
        Duration sendTimeout,
    @Setting(
            byDefault = "10s",
            min = 100,
            meaning = "how long a TLS handshake may take, from accepting the connection")
        Duration tlsHandshake,
    @Setting(
            byDefault = "75s",
            min = 100,
            meaning = "how long a visitor's connection may idle between two requests")
        Duration httpIdle,
    @Setting(
            byDefault = "2s",
            min = 0,
            meaning = "how long a stream to a local service is kept for the next request")
        Duration upstreamIdle,
    @Setting(
            byDefault = "10s",
            min = 0,
            meaning = "how long requests in flight may take when the server stops")
        Duration drain) {}
