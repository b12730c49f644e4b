package dev.hansa.peering.config;

import dev.hansa.bootstrap.IpNetwork;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.checks.CheckNetworks;
import java.util.Arrays;
import java.util.List;

/// Which addresses the checks that a server runs may ask.
final class CheckNetworkSettings {
    private static final String ALLOWED = "checks.allowed-networks";
    private static final String DENIED = "checks.denied-networks";

    static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            ALLOWED,
                            "NETWORKS",
                            "such as 10.0.0.0/8,fd00::/8: checks may ask there; of all networks of both lists the smallest decides"),
                    new Settings.Key(
                            DENIED,
                            "NETWORKS",
                            "checks may not ask there; 0.0.0.0/0,::/0: nowhere but where allowed (default: link-local addresses and those where clouds tell a machine its secrets)"));

    private CheckNetworkSettings() {}

    static CheckNetworks read(Settings settings) {
        var allowed = networks(settings, ALLOWED);
        var denied = networks(settings, DENIED);
        allowed.stream()
                .filter(denied::contains)
                .findFirst()
                .ifPresent(both ->
                        settings.problem(
                                DENIED,
                                "expected networks that "
                                        + ALLOWED
                                        + " has not; found '"
                                        + both
                                        + "'"));
        return new CheckNetworks(allowed, denied);
    }

    private static List<IpNetwork> networks(Settings settings, String key) {
        return settings.value(
                key,
                "at most "
                        + CheckNetworks.MOST
                        + " networks such as 10.0.0.0/8 without bits behind the first ones,"
                        + " separated by commas",
                List.of(),
                CheckNetworkSettings::parse);
    }

    private static List<IpNetwork> parse(String text) {
        var all =
                Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .map(part ->
                                IpNetwork.parse(part)
                                        .orElseThrow(
                                                () -> new IllegalArgumentException("no network")))
                        .distinct()
                        .toList();
        if (all.size() > CheckNetworks.MOST) {
            throw new IllegalArgumentException("too many");
        }
        return all;
    }
}
