package dev.hansa.benchmarks.gateway;

import com.fasterxml.jackson.databind.node.NullNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All figures of a run: of each proxy in each configuration, by metric, one a round.
public final class Results {
    /// Processor time per unit, which one can compare where nothing is pinned too.
    static final List<String> COSTS = List.of("connections", "requests", "bulk");

    private static final Map<String, String> UNITS =
            Map.ofEntries(
                    Map.entry("connections", "µs"),
                    Map.entry("requests", "µs"),
                    Map.entry("bulk", "s/GB"),
                    Map.entry("added_p50_us", "µs"),
                    Map.entry("added_p99_us", "µs"),
                    Map.entry("idle_kb_per_connection", "KB"),
                    Map.entry("rss_start_mb", "MB"),
                    Map.entry("start_ms", "ms"),
                    Map.entry("tls_full", "µs"),
                    Map.entry("tls_full_hybrid", "µs"),
                    Map.entry("tls_resume", "µs"),
                    Map.entry("tls_requests", "µs"),
                    Map.entry("tls_bulk", "s/GB"),
                    Map.entry("tls_originate", "µs"),
                    Map.entry("tls_originate_hybrid", "µs"));

    private final Map<Key, Series> all = new LinkedHashMap<>();
    private final List<Map<String, Object>> absent = new ArrayList<>();

    /// @param at how many connections; 0: it has no such number
    private record Key(String proxy, String config, String metric, int at) {}

    private static final class Series {
        private final List<Double> values = new ArrayList<>();
        private long failed;
    }

    public void add(Rival rival, String metric, double value, long failed) {
        add(rival, metric, 0, value, failed);
    }

    void add(Rival rival, String metric, int at, double value, long failed) {
        var series =
                all.computeIfAbsent(
                        new Key(rival.name(), rival.config(), metric, at), _ -> new Series());
        series.values.add(value);
        series.failed += failed;
    }

    /// A row without a figure.
    ///
    /// @param why there is none
    public void addAbsent(Rival rival, String metric, String why) {
        var row = row(rival.name(), rival.config(), metric);
        for (var part : List.of("median", "min", "max")) {
            row.put(part, NullNode.getInstance());
        }
        row.put("unit", UNITS.getOrDefault(metric, ""));
        row.put("why", why);
        absent.add(row);
    }

    /// What did not succeed, in all rounds of all proxies.
    public long failed() {
        return all.values().stream().mapToLong(series -> series.failed).sum();
    }

    /// The rows of `results`.
    public List<Map<String, Object>> rows() {
        var rows = new ArrayList<Map<String, Object>>();
        var failures = new LinkedHashMap<String, Long>();
        all.forEach((key, series) -> {
            var row = row(key.proxy(), key.config(), key.metric());
            if (key.at() > 0) {
                row.put("at", key.at());
            }
            var values = series.values;
            row.put("median", Ratios.rounded(Ratios.median(values)));
            row.put("min", Ratios.rounded(values.stream().reduce(Math::min).orElseThrow()));
            row.put("max", Ratios.rounded(values.stream().reduce(Math::max).orElseThrow()));
            row.put("unit", UNITS.getOrDefault(key.metric(), ""));
            row.put("rounds", values.size());
            row.put("failed", series.failed);
            rows.add(row);
            failures.merge(key.proxy() + "/" + key.config(), series.failed, Long::sum);
        });
        rows.addAll(absent);
        failures.forEach((rival, count) -> {
            var slash = rival.indexOf('/');
            var row = row(rival.substring(0, slash), rival.substring(slash + 1), "failed");
            for (var part : List.of("median", "min", "max")) {
                row.put(part, count);
            }
            row.put("unit", "connections, requests and transfers of the whole run");
            rows.add(row);
        });
        return rows;
    }

    private static Map<String, Object> row(String proxy, String config, String metric) {
        var row = new LinkedHashMap<String, Object>();
        row.put("proxy", proxy);
        row.put("config", config);
        row.put("metric", metric);
        return row;
    }

    /// The object `ratios`.
    ///
    /// @param ours whose cost stands above the line
    Map<String, Map<String, Object>> ratios(Rival ours, List<Rival> peers) {
        return ratios(ours, peers, COSTS);
    }

    /// @param metrics in the order in which they are shown
    public Map<String, Map<String, Object>> ratios(
            Rival ours, List<Rival> peers, List<String> metrics) {
        var ratios = new LinkedHashMap<String, Map<String, Object>>();
        for (var metric : metrics) {
            var own = all.get(new Key(ours.name(), ours.config(), metric, 0));
            var by = new LinkedHashMap<String, Object>();
            for (var peer : peers) {
                var theirs = all.get(new Key(peer.name(), peer.config(), metric, 0));
                if (own != null && theirs != null) {
                    by.put(peer.key(), Ratios.of(own.values, theirs.values).json());
                }
            }
            ratios.put(metric, by);
        }
        return ratios;
    }

    /// One metric of a proxy by another of the same one; empty when one of them was not measured.
    public Optional<Map<String, Object>> ratio(Rival rival, String metric, String by) {
        var above = all.get(new Key(rival.name(), rival.config(), metric, 0));
        var below = all.get(new Key(rival.name(), rival.config(), by, 0));
        return above == null || below == null
                ? Optional.empty()
                : Optional.of(Ratios.of(above.values, below.values).json());
    }
}
