package dev.hansa.peering.config;

import dev.hansa.bootstrap.Settings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a server answers to whoever asks by DNS.
///
/// @param address UDP and TCP
/// @param domain that all its names end in, lower case, without a dot at the end
/// @param ttl how long an address may be kept, whole seconds
/// @param udpMost bytes of the longest answer over UDP, whatever a client says that it takes
/// @param connections open at once over TCP
public record DnsSettings(
        InetSocketAddress address, String domain, Duration ttl, int udpMost, int connections) {
    /// The word for no DNS.
    private static final String NONE = "none";

    private static final String DOMAIN = "consul";

    /// The longest that no path of today cuts into fragments (DNS flag day 2020). It is also all
    /// that a forged query makes this server send to somebody else.
    private static final int UDP_MOST = 1232;

    /// Without EDNS each client takes so many (RFC 1035); more than 4096 is never whole on the way.
    private static final int UDP_LEAST = 512;

    private static final int UDP_UPPER = 4096;

    /// Resolvers keep one each; what one holds is some 200 KiB at most.
    private static final int CONNECTIONS = 256;

    /// What is longer than a day is a mistake where a killed instance is out within a second.
    private static final Duration MOST_TTL = Duration.ofDays(1);

    /// A node and a peer, each with a name of 63 characters, fit before it in the 255 bytes of a
    /// name.
    private static final int MAX_DOMAIN = 100;

    private static final Pattern LABELS =
            Pattern.compile(
                    "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");

    static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "dns.address",
                            "HOST:PORT",
                            "DNS, UDP and TCP; none: no DNS (default: 127.0.0.1:8600)"),
                    new Settings.Key(
                            "dns.domain", "NAME", "what names in DNS end in (default: consul)"),
                    new Settings.Key(
                            "dns.ttl",
                            "DURATION",
                            "how long resolvers may keep an address (default: 0s)"),
                    new Settings.Key(
                            "dns.udp-max",
                            "BYTES",
                            "longest answer over UDP; a longer one is cut, and whole over TCP (default: 1232)"),
                    new Settings.Key(
                            "dns.max-connections",
                            "NUMBER",
                            "TCP connections to dns.address (default: 256)"));

    /// Empty when there is to be no DNS.
    static Optional<DnsSettings> read(Settings settings) {
        var address =
                settings.value(
                        "dns.address",
                        "an address such as 127.0.0.1:8600, or none",
                        Optional.of(InetSocketAddress.createUnresolved("127.0.0.1", 8600)),
                        DnsSettings::address);
        var domain =
                settings.value(
                        "dns.domain",
                        "a domain of at most " + MAX_DOMAIN + " characters such as consul",
                        DOMAIN,
                        DnsSettings::domain);
        var ttl =
                settings.value(
                        "dns.ttl",
                        "whole seconds, at most " + MOST_TTL.toHours() + "h",
                        Duration.ZERO,
                        DnsSettings::ttl);
        var udpMost = settings.number("dns.udp-max", UDP_MOST, UDP_LEAST, UDP_UPPER);
        var connections = settings.number("dns.max-connections", CONNECTIONS, 1, 65_536);
        // null only where a problem is noted
        return address == null
                ? Optional.empty()
                : address.map(at -> new DnsSettings(at, domain, ttl, udpMost, connections));
    }

    private static Optional<InetSocketAddress> address(String text) {
        return text.equals(NONE) ? Optional.empty() : Optional.of(Settings.parseAddress(text));
    }

    private static String domain(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        var domain = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
        if (domain.length() > MAX_DOMAIN || !LABELS.matcher(domain).matches()) {
            throw new IllegalArgumentException(text);
        }
        return domain;
    }

    private static Duration ttl(String text) {
        var ttl = Settings.parseDuration(text);
        if (ttl.compareTo(MOST_TTL) > 0 || ttl.toMillisPart() != 0) {
            throw new IllegalArgumentException(text);
        }
        return ttl;
    }
}
