package dev.hansa.benchmarks.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The figures of a run as people read them: tables in Markdown and a chart, both made from the
/// JSON and from nothing else.
public final class Report {
    private static final int LEFT = 190;
    private static final int WIDTH = 760;
    private static final int ROW = 22;
    private static final double FULL = 1.5;

    private Report() {}

    /// One table of ratios, one of all medians.
    public static String tables(JsonNode figures) {
        return ratios(figures.path("ratios")) + "\n" + medians(figures.path("results"));
    }

    private static String ratios(JsonNode ratios) {
        var peers = new LinkedHashSet<String>();
        ratios.forEach(metric -> metric.fieldNames().forEachRemaining(peers::add));
        var text = new StringBuilder("| hansa / peer | ");
        text.append(String.join(" | ", peers)).append(" |\n|---|");
        text.append("---|".repeat(peers.size())).append('\n');
        ratios.properties()
                .forEach(metric -> {
                    text.append("| `").append(metric.getKey()).append("` |");
                    for (var peer : peers) {
                        var one = metric.getValue().path(peer);
                        text.append(
                                one.isMissingNode()
                                        ? " |"
                                        : String.format(
                                                Locale.ROOT,
                                                " %.2f (%.2f to %.2f) |",
                                                one.path("ratio").asDouble(),
                                                one.path("lo").asDouble(),
                                                one.path("hi").asDouble()));
                    }
                    text.append('\n');
                });
        return text.toString();
    }

    private static String medians(JsonNode results) {
        var proxies = new LinkedHashSet<String>();
        var table = new LinkedHashMap<String, Map<String, String>>();
        for (var row : results) {
            var proxy = row.path("proxy").asText() + "/" + row.path("config").asText();
            proxies.add(proxy);
            var at = row.path("at").asInt();
            var metric =
                    "`"
                            + row.path("metric").asText()
                            + "`"
                            + (at > 0 ? " at " + at : "")
                            + (row.path("metric").asText().equals("failed")
                                    ? ""
                                    : ", " + row.path("unit").asText());
            if (row.path("median").isNull()) {
                table.computeIfAbsent(metric, _ -> new LinkedHashMap<>()).put(proxy, "none");
                continue;
            }
            var low = number(row.path("min").asDouble());
            var high = number(row.path("max").asDouble());
            table.computeIfAbsent(metric, _ -> new LinkedHashMap<>())
                    .put(
                            proxy,
                            number(row.path("median").asDouble())
                                    + (low.equals(high) ? "" : " (" + low + " to " + high + ")"));
        }
        var text = new StringBuilder("| metric | ");
        text.append(String.join(" | ", proxies)).append(" |\n|---|");
        text.append("---|".repeat(proxies.size())).append('\n');
        table.forEach((metric, cells) -> {
            text.append("| ").append(metric).append(" |");
            proxies.forEach(
                    proxy -> text.append(' ').append(cells.getOrDefault(proxy, "")).append(" |"));
            text.append('\n');
        });
        return text.toString();
    }

    private static String number(double value) {
        if (value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return Math.abs(value) >= 100
                ? String.format(Locale.ROOT, "%.0f", value)
                : Math.abs(value) >= 10
                        ? String.format(Locale.ROOT, "%.1f", value)
                        : String.format(Locale.ROOT, "%.2f", value);
    }

    /// The ratios as bars from 0, with their intervals as lines, and a mark where both cost the
    /// same.
    public static String chart(JsonNode figures) {
        var bars = new ArrayList<String>();
        var y = 48;
        for (var metric : figures.path("ratios").properties()) {
            bars.add(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"8\" y=\"%d\" font-weight=\"bold\">%s</text>",
                            y + 14,
                            metric.getKey()));
            y += ROW;
            for (var peer : metric.getValue().properties()) {
                bars.addAll(bar(peer.getKey(), peer.getValue(), y));
                y += ROW;
            }
            y += ROW / 2;
        }
        var one = x(1);
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"sans-serif\" font-size=\"13\">\n",
                        WIDTH,
                        y + 12)
                + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
                + String.format(
                        Locale.ROOT,
                        "<text x=\"8\" y=\"20\" font-size=\"15\">Processor time of Hansa's %s by"
                                + " that of its peer, 95 %% intervals; below 1 Hansa needs less</text>\n",
                        figures.path("command").asText().contains("sidecar")
                                ? "sidecar"
                                : "gateway")
                + String.format(
                        Locale.ROOT,
                        "<text x=\"8\" y=\"38\" fill=\"#666\">%s, %s cores, pinning: %s</text>\n",
                        figures.path("machine").asText(),
                        figures.path("cores").asText(),
                        figures.path("pinning").asText())
                + String.join("\n", bars)
                + String.format(
                        Locale.ROOT,
                        "\n<line x1=\"%d\" y1=\"46\" x2=\"%d\" y2=\"%d\" stroke=\"#333\""
                                + " stroke-dasharray=\"4 3\"/>\n</svg>\n",
                        one,
                        one,
                        y);
    }

    private static List<String> bar(String peer, JsonNode value, int y) {
        var ratio = value.path("ratio").asDouble();
        var middle = y + 9;
        return List.of(
                String.format(Locale.ROOT, "<text x=\"24\" y=\"%d\">%s</text>", y + 14, peer),
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"14\" fill=\"%s\"/>",
                        LEFT,
                        y + 2,
                        x(ratio) - LEFT,
                        ratio <= 1 ? "#4a8f5c" : "#c0803a"),
                String.format(
                        Locale.ROOT,
                        "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#222\""
                                + " stroke-width=\"2\"/>",
                        x(value.path("lo").asDouble()),
                        middle,
                        x(value.path("hi").asDouble()),
                        middle),
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\">%.2f</text>",
                        x(FULL) + 12,
                        y + 14,
                        ratio));
    }

    private static int x(double ratio) {
        return LEFT + (int) Math.round(Math.min(ratio, FULL) / FULL * (WIDTH - LEFT - 70));
    }
}
