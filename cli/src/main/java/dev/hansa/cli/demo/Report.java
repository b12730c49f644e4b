package dev.hansa.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the story measured, as JSON for machines. A figure that was not reached is absent.
final class Report {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Map<String, Object>> steps = new ArrayList<>();
    private Optional<SteadyLoad.Cost> failover = Optional.empty();
    private Optional<Duration> failback = Optional.empty();
    private Optional<Duration> established = Optional.empty();

    synchronized void step(String id, boolean ok, Duration took) {
        var step = new LinkedHashMap<String, Object>();
        step.put("id", id);
        step.put("ok", ok);
        step.put("ms", took.toMillis());
        steps.add(step);
    }

    synchronized void failover(SteadyLoad.Cost cost) {
        failover = Optional.of(cost);
    }

    synchronized void failback(Duration took) {
        failback = Optional.of(took);
    }

    synchronized void established(Duration took) {
        established = Optional.of(took);
    }

    synchronized String json(String version, int processes) throws IOException {
        var report = new LinkedHashMap<String, Object>();
        report.put("version", version);
        report.put("steps", steps);
        failover.ifPresent(cost -> {
            var figures = new LinkedHashMap<String, Object>();
            figures.put("requests", cost.requests());
            figures.put("failed", cost.failed());
            cost.firstSuccessMillis().ifPresent(millis -> figures.put("first_success_ms", millis));
            report.put("failover", figures);
        });
        failback.ifPresent(took -> report.put("failback_ms", took.toMillis()));
        established.ifPresent(took -> report.put("peering_established_ms", took.toMillis()));
        report.put("processes", processes);
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report);
    }

    void write(Path file, String version, int processes) throws IOException {
        Files.writeString(file, json(version, processes) + "\n");
    }
}
