package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.failover.Preference;
import dev.hansa.failover.Spread;
import dev.hansa.failover.Target;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/// What a `service-resolver` says beyond Consul: which healthy target callers should prefer. It
/// stands in Meta, which every tool of Consul carries along and none reads (ADR 0021).
final class PreferenceRules {
    private static final String MODE = "hansa-failover-mode";
    private static final String WEIGHTS = "hansa-failover-weights";
    private static final String MIN_HEALTHY = "hansa-min-healthy-percent";
    private static final String HOLD_DOWN = "hansa-failback-hold-down";

    private static final String FAILBACK = "hansa-failback-over";

    private static final List<String> ALL =
            List.of(MODE, WEIGHTS, MIN_HEALTHY, HOLD_DOWN, FAILBACK);

    /// Every key that begins so is ours, so that a mistyped one is found.
    private static final String OURS = "hansa-";

    /// Longer than that nobody wants to stay away; a mistake in the unit is likelier.
    private static final Duration LONGEST_HOLD_DOWN = Duration.ofHours(24);

    private PreferenceRules() {}

    /// Whether callers wait before they go back.
    static boolean holds(JsonNode resolver) {
        return resolver.path("Meta").has(HOLD_DOWN);
    }

    /// What a resolver that was taken says.
    static Preference of(JsonNode resolver) {
        try {
            return resolver.path("Meta").isEmpty() ? Preference.NONE : hold(resolver);
        } catch (InvalidEntryException _) {
            // of a server that knew other words: the order still holds
            return Preference.NONE;
        }
    }

    /// @throws InvalidEntryException when a key of ours has no meaning
    static Preference hold(JsonNode resolver) throws InvalidEntryException {
        var meta = resolver.path("Meta");
        for (var key : meta.properties()) {
            if (key.getKey().startsWith(OURS) && !ALL.contains(key.getKey())) {
                throw forbidden(
                        "Meta["
                                + ForeignText.shown(key.getKey())
                                + "]: expected one of "
                                + String.join(", ", ALL)
                                + ", or a key that does not begin with '"
                                + OURS
                                + "'");
            }
        }
        return new Preference(
                spread(resolver, meta),
                percent(meta),
                duration(meta, HOLD_DOWN, LONGEST_HOLD_DOWN, "24h"));
    }

    private static Spread spread(JsonNode resolver, JsonNode meta) throws InvalidEntryException {
        var mode = meta.path(MODE).asText();
        if (!mode.equals("weighted") && meta.has(WEIGHTS)) {
            throw forbidden("Meta[" + WEIGHTS + "]: expected " + MODE + " 'weighted' beside it");
        }
        var failback = duration(meta, FAILBACK, Spread.Sequential.LONGEST_FAILBACK, "1h");
        if (!mode.isEmpty() && !mode.equals("sequential") && meta.has(FAILBACK)) {
            throw forbidden("Meta[" + FAILBACK + "]: expected " + MODE + " 'sequential' beside it");
        }
        return switch (mode) {
            case "", "sequential" -> new Spread.Sequential(failback);
            case "latency" -> new Spread.ByLatency();
            case "weighted" -> weighted(resolver, meta.path(WEIGHTS).asText());
            default ->
                    throw forbidden(
                            "Meta["
                                    + MODE
                                    + "]: expected sequential, latency or weighted; found '"
                                    + ForeignText.shown(mode)
                                    + "'");
        };
    }

    private static Spread weighted(JsonNode resolver, String text) throws InvalidEntryException {
        var places = places(resolver);
        var weights = new LinkedHashMap<String, Integer>();
        for (var part : text.strip().split("[, ]+")) {
            var equals = part.indexOf('=');
            var place = equals < 0 ? part : part.substring(0, equals);
            var weight = equals < 0 ? "" : part.substring(equals + 1);
            if (!weight.matches("[1-9][0-9]{0,3}")
                    || Integer.parseInt(weight) > Spread.Weighted.MOST) {
                throw forbidden(
                        "Meta["
                                + WEIGHTS
                                + "]: expected places with weights from 1 to "
                                + Spread.Weighted.MOST
                                + ", such as local=80,lke=20; found '"
                                + ForeignText.shown(text)
                                + "'");
            }
            if (!places.isEmpty() && !places.contains(place)) {
                throw forbidden(
                        "Meta["
                                + WEIGHTS
                                + "]: expected places that the resolver leads to; found '"
                                + ForeignText.shown(place)
                                + "'");
            }
            if (weights.put(place, Integer.valueOf(weight)) != null) {
                throw forbidden(
                        "Meta["
                                + WEIGHTS
                                + "]: expected each place once; found '"
                                + ForeignText.shown(place)
                                + "' again");
            }
        }
        return new Spread.Weighted(weights);
    }

    /// Where the resolver's failover leads, as far as the entry alone says; empty when a sameness
    /// group, maybe the default one, says it.
    private static Set<String> places(JsonNode resolver) throws InvalidEntryException {
        var places = new HashSet<String>();
        for (var failover : resolver.path("Failover")) {
            if (!failover.path("SamenessGroup").asText().isEmpty()) {
                return Set.of();
            }
            for (var target : failover.path("Targets")) {
                var peer = target.path("Peer").asText();
                if (peer.equals(Target.LOCAL)) {
                    throw forbidden(
                            "Meta["
                                    + WEIGHTS
                                    + "]: expected no peer called '"
                                    + Target.LOCAL
                                    + "' among the targets, which is this datacenter's place");
                }
                places.add(peer.isEmpty() ? Target.LOCAL : peer);
            }
        }
        if (resolver.path("Failover").isEmpty()) {
            return Set.of();
        }
        places.add(Target.LOCAL);
        return places;
    }

    private static int percent(JsonNode meta) throws InvalidEntryException {
        var text = meta.path(MIN_HEALTHY).asText();
        if (text.isEmpty()) {
            return 0;
        }
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) > 100) {
            throw forbidden(
                    "Meta["
                            + MIN_HEALTHY
                            + "]: expected a percentage from 0 to 100; found '"
                            + ForeignText.shown(text)
                            + "'");
        }
        return Integer.parseInt(text);
    }

    /// @param longest with its text in an error
    private static Duration duration(JsonNode meta, String key, Duration longest, String most)
            throws InvalidEntryException {
        var text = meta.path(key).asText();
        if (text.isEmpty()) {
            return Duration.ZERO;
        }
        try {
            var found = GoDuration.parse(text);
            if (!found.isNegative() && found.compareTo(longest) <= 0) {
                return found;
            }
        } catch (IllegalArgumentException _) {
            // told below
        }
        throw forbidden(
                "Meta["
                        + key
                        + "]: expected a duration such as 30s, from 0 to "
                        + most
                        + "; found '"
                        + ForeignText.shown(text)
                        + "'");
    }
}
