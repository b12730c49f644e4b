package dev.hansa.cli.demo;

import java.util.Arrays;

/// The refusal of a calling sidecar in its three places: health, metric, log. Health and log must
/// name the service and the cause.
final class SidecarRefusal {
    private final Patience patience;
    private final Children children;
    private final Console console;
    private final Shopper shopper;

    SidecarRefusal(Patience patience, Children children, Console console, Shopper shopper) {
        this.patience = patience;
        this.children = children;
        this.console = console;
        this.shopper = shopper;
    }

    /// @param causes what may be named; the refusal that is looked at is the last one, and a cause
    ///   may have given way to another by then
    /// @throws StepFailed when one of the three does not tell of it in time
    void show(Datacenter datacenter, String... causes) throws StepFailed, InterruptedException {
        var sentence =
                patience.until(
                        datacenter.name() + ": the sidecar's /health tells of the refusal",
                        Story.SEEN,
                        () -> {
                            var told =
                                    datacenter
                                            .sidecarAdmin()
                                            .read("/health")
                                            .json()
                                            .at(
                                                    "/services/frontend/upstreams/"
                                                            + Datacenter.SHIPPING
                                                            + "/lastRefusal/sentence")
                                            .asText();
                            shopper.cart();
                            return told.contains(Datacenter.SHIPPING) && names(told, causes)
                                    ? new Patience.Look.Found<>(told)
                                    : new Patience.Look.NotYet<>("found '" + told + "'");
                        });
        var metric =
                patience.until(
                        datacenter.name() + ": the sidecar's /metrics counts the refusal",
                        Story.SEEN,
                        () ->
                                datacenter
                                        .sidecarAdmin()
                                        .read("/metrics")
                                        .body()
                                        .lines()
                                        .filter(line ->
                                                line.startsWith("hansa_upstream_refused_total{")
                                                        && line.contains("service=\"frontend\"")
                                                        && line.contains(
                                                                "upstream=\""
                                                                        + Datacenter.SHIPPING
                                                                        + "\""))
                                        .findFirst()
                                        .<Patience.Look<String>>map(Patience.Look.Found::new)
                                        .orElseGet(
                                                () -> new Patience.Look.NotYet<>("no such line")));
        var log =
                patience.until(
                        datacenter.name() + ": the sidecar's log tells of the refusal",
                        Story.SEEN,
                        () ->
                                children.lastLines(datacenter.process("sidecars"), 400)
                                        .lines()
                                        .filter(line ->
                                                line.contains("WARN")
                                                        && line.contains(
                                                                "refused: upstream '"
                                                                        + Datacenter.SHIPPING)
                                                        && names(line, causes))
                                        .reduce((_, last) -> last)
                                        .<Patience.Look<String>>map(Patience.Look.Found::new)
                                        .orElseGet(
                                                () -> new Patience.Look.NotYet<>("no such line")));
        console.detail("the sidecar's health: " + sentence);
        console.detail("the sidecar's metric: " + metric);
        console.detail("the sidecar's log: " + log);
    }

    private static boolean names(String told, String... causes) {
        return Arrays.stream(causes).anyMatch(told::contains);
    }
}
