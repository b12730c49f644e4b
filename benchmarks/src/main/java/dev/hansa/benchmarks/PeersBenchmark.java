package dev.hansa.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.UnixOperatingSystemMXBean;
import dev.hansa.benchmarks.gateway.Peers;
import dev.hansa.benchmarks.gateway.Report;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/// A benchmark of a proxy, beside HAProxy, nginx and Envoy in turns.
abstract class PeersBenchmark extends ServersBenchmark {
    static final int FIRST_PEER_PORT = 9001;

    static final ObjectMapper JSON = new ObjectMapper();

    @Option(names = "--quick", description = "Three short rounds: does it work, not how fast.")
    private boolean quick;

    @Option(
            names = "--peers",
            split = ",",
            description = "Which of haproxy, nginx and envoy take part (default: all; none: none).",
            defaultValue = "haproxy,nginx,envoy")
    private List<String> wanted = List.of();

    @Option(names = "--envoy", description = "Envoy's program, where it is not on the PATH.")
    private Path envoy = Path.of("");

    @Option(names = "--svg", description = "Write the ratios' chart to this file.")
    private Path svg = Path.of("");

    /// @param name of the command
    PeersBenchmark(String name) {
        super(name);
    }

    final boolean isQuick() {
        return quick;
    }

    /// Whether a peer is to take part.
    final boolean isWanted(String peer) {
        return wanted.contains(peer);
    }

    static UnixOperatingSystemMXBean system() {
        return ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class);
    }

    /// The peers that are here; which versions take part, and who is missing, are told and among
    /// the figures.
    ///
    /// @param ours further builds of Hansa that take part, and their versions
    final Peers find(Peers.World world, Map<String, String> ours)
            throws IOException, InterruptedException {
        var peers =
                Peers.find(
                        world, envoy.toString().isEmpty() ? Optional.empty() : Optional.of(envoy));
        var versions = new LinkedHashMap<String, String>();
        versions.put("hansa", String.valueOf(figures().get("revision")));
        versions.putAll(ours);
        versions.putAll(peers.versions());
        figures().put("versions", versions);
        figures().put("missing", peers.missing());
        peers.missing().forEach((peer, why) -> say(peer + " is missing: " + why));
        return peers;
    }

    /// The figures as tables, and as the chart that was asked for.
    final void show() throws IOException {
        var json = JSON.<JsonNode>valueToTree(figures());
        System.err.println(Report.tables(json));
        if (!svg.toString().isEmpty()) {
            Files.writeString(svg, Report.chart(json));
        }
    }
}
