package dev.hansa.peering.config;

import dev.hansa.bootstrap.Settings;
import java.util.List;

/// What a server takes on at most, beside what peers may cost. Beyond it a new connection is closed
/// as it is accepted, and those that stand go on.
///
/// @param http open at once at `http.address`
/// @param readersOfOneClient who wait for a change there, from one address
/// @param readRate of requests there, a second from one address
/// @param writeRate of those that are no reads
/// @param times how long what comes there may take
/// @param proxies open at once at `proxy.address`
/// @param perSecond new ones at most at each of `proxy.address`, `peer.address` and, with TLS,
///   `http.address`, and as many at once
/// @param memoryPercent of the heap that a collection has left in use; above it neither peers nor
///   proxies are let in. Operators are, as they may have to mend it
public record ConnectionLimits(
        int http,
        int readersOfOneClient,
        int readRate,
        int writeRate,
        HttpTimes times,
        int proxies,
        int perSecond,
        int memoryPercent) {
    /// Each watch of a catalog holds one.
    private static final int HTTP = 4096;

    /// A node's agents and tools need some dozens; a program that forgets to read its answers stops
    /// here and leaves the places to others.
    private static final int READERS_OF_ONE_CLIENT = 256;

    /// A tool that pages through a large datacenter makes some hundreds; one gone wild makes as
    /// many as it is answered.
    private static final int READ_RATE = 2000;

    /// A node with ten thousand TTL checks of ten seconds makes a thousand.
    private static final int WRITE_RATE = 1000;

    /// One for each identity that a datacenter's proxies carry: three times the largest that is
    /// measured.
    private static final int PROXIES = 16_384;

    /// A handshake is about a millisecond of a processor: of strangers, who send nothing worth it,
    /// more would leave nothing for those who are connected. All proxies of a full server are back
    /// within 9 s of an election; one that is not let in tries the next server, and again.
    private static final int PER_SECOND = 2000;

    /// What is held already grows with the catalog: below the rest there is room for a change.
    private static final int MEMORY_PERCENT = 85;

    static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "http.max-connections",
                            "NUMBER",
                            "connections to http.address (default: 4096)"),
                    new Settings.Key(
                            "http.max-waiting-per-client",
                            "NUMBER",
                            "blocking queries of one address that wait at once (default: 256)"),
                    new Settings.Key(
                            "http.max-read-rate",
                            "NUMBER",
                            "GET, HEAD and OPTIONS a second of one address (default: 2000)"),
                    new Settings.Key(
                            "http.max-write-rate",
                            "NUMBER",
                            "other requests a second of one address (default: 1000)"),
                    HttpTimes.HEADER,
                    HttpTimes.BODY,
                    HttpTimes.IDLE,
                    new Settings.Key(
                            "proxy.max-connections",
                            "NUMBER",
                            "connections to proxy.address (default: 16384)"),
                    new Settings.Key(
                            "max-connection-rate",
                            "NUMBER",
                            "new connections a second at each of proxy.address, peer.address and, with"
                                    + " TLS, http.address (default: 2000)"),
                    new Settings.Key(
                            "max-memory",
                            "PERCENT",
                            "of the heap in use, above which no new peer or proxy is let in (default: 85)"));

    static ConnectionLimits read(Settings settings) {
        return new ConnectionLimits(
                settings.number("http.max-connections", HTTP, 16, 1_000_000),
                settings.number("http.max-waiting-per-client", READERS_OF_ONE_CLIENT, 1, 1_000_000),
                settings.number("http.max-read-rate", READ_RATE, 1, 1_000_000),
                settings.number("http.max-write-rate", WRITE_RATE, 1, 1_000_000),
                HttpTimes.read(settings),
                settings.number("proxy.max-connections", PROXIES, 16, 1_000_000),
                settings.number("max-connection-rate", PER_SECOND, 1, 1_000_000),
                settings.number("max-memory", MEMORY_PERCENT, 10, 99));
    }
}
