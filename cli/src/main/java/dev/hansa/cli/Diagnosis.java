package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Sheet;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What is wrong, by what a datacenter says of itself.
final class Diagnosis {
    /// Four heartbeats of a peer.
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final Chart chart;
    private final Sheet sheet;

    private Diagnosis(Chart chart, Sheet sheet) {
        this.chart = chart;
        this.sheet = sheet;
    }

    static void of(Chart chart, Sheet sheet, Reach.Network network) throws InterruptedException {
        var diagnosis = new Diagnosis(chart, sheet);
        Clocks.look(chart, sheet);
        diagnosis.servers();
        Certificates.look(chart, sheet);
        new Reach(chart, sheet, network).look();
        chart.items(Chart.PEERINGS).forEach(diagnosis::peering);
        diagnosis.exports();
        diagnosis.intentions();
        new Targets(chart, sheet).look();
        chart.items(Chart.READINESS).forEach(diagnosis::readiness);
    }

    private void servers() {
        for (var server : chart.at(Chart.SERVERS).path("Servers")) {
            if (!server.path("Healthy").asBoolean(true)) {
                sheet.error(
                        Check.servers,
                        "server '"
                                + Chart.text(server, "ID")
                                + "': expected to be heard by the leader; found it silent for "
                                + Chart.text(server, "LastContact"),
                        "start it again, or remove it for good: hansa operator raft remove-peer "
                                + Chart.text(server, "ID"));
            }
        }
    }

    /// One that was established is failing when it is not active, whatever a server that has begun
    /// to lead calls it until it is heard again.
    private static String state(JsonNode peering, boolean wasHeard) {
        var state = Chart.text(peering, "State");
        var wasUsed =
                wasHeard
                        || !Chart.text(peering, "PeerID").isEmpty()
                        || !Chart.text(peering.path("Remote"), "Datacenter").isEmpty();
        return state.equals("PENDING") && wasUsed ? "FAILING" : state;
    }

    private void peering(JsonNode peering) {
        var name = Chart.text(peering, "Name");
        var heard = heard(peering);
        var since =
                heard.map(at ->
                                ", last heard at "
                                        + at.truncatedTo(ChronoUnit.SECONDS)
                                        + " ("
                                        + age(at)
                                        + ")")
                        .orElse(", never heard");
        var subject = "peering '" + name + "': ";
        switch (state(peering, heard.isPresent())) {
            case "ESTABLISHING" ->
                    sheet.error(
                            Check.peerings,
                            subject + "expected ACTIVE; found ESTABLISHING" + since,
                            "see whether the servers and gateways that its token names are reached from here: hansa peering read -name "
                                    + name);
            case "PENDING" ->
                    sheet.warning(
                            Check.peerings,
                            subject
                                    + "expected ACTIVE; found PENDING"
                                    + since
                                    + ": its token was not used yet",
                            "establish with it in '"
                                    + name
                                    + "', or make another: hansa peering generate-token -name "
                                    + name);
            case "FAILING" ->
                    sheet.error(
                            Check.peerings,
                            subject
                                    + "expected ACTIVE; found "
                                    + Chart.text(peering, "State")
                                    + since,
                            "see whether servers and gateways of '"
                                    + name
                                    + "' run, and whether its addresses are reached from here: hansa peering read -name "
                                    + name);
            case "TERMINATED" ->
                    sheet.error(
                            Check.peerings,
                            subject
                                    + "expected ACTIVE; found TERMINATED"
                                    + since
                                    + ": the other side has deleted it",
                            "hansa peering delete -name "
                                    + name
                                    + ", then peer anew if it was meant to stay");
            // whatever lies ahead says nothing of how long it is ago
            default ->
                    heard.filter(at ->
                                    Duration.between(at, chart.now()).abs().compareTo(SILENCE) > 0)
                            .ifPresent(_ ->
                                    sheet.warning(
                                            Check.peerings,
                                            subject
                                                    + "expected a heartbeat within "
                                                    + text(SILENCE)
                                                    + "; found none"
                                                    + since,
                                            "see the server's log; a link that is gone ends the stream within 15 s"));
        }
    }

    private String age(Instant at) {
        var age = Duration.between(at, chart.now());
        if (age.negated().compareTo(SILENCE) > 0) {
            return text(age.negated())
                    + " ahead: a server's clock was set back, or those of two servers differ";
        }
        return text(age.isNegative() ? Duration.ZERO : age) + " ago";
    }

    /// The newest sign of life.
    private static Optional<Instant> heard(JsonNode peering) {
        Optional<Instant> newest = Optional.empty();
        for (var key : new String[] {"LastHeartbeat", "LastReceive"}) {
            var at = moment(peering.path("StreamStatus").path(key));
            if (at.isPresent() && newest.filter(other -> other.isAfter(at.get())).isEmpty()) {
                newest = at;
            }
        }
        return newest;
    }

    static Optional<Instant> moment(JsonNode node) {
        try {
            return node.isTextual() ? Optional.of(Instant.parse(node.asText())) : Optional.empty();
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    private void exports() {
        var services = new HashMap<String, JsonNode>();
        chart.items(Chart.SERVICES)
                .filter(row -> Chart.text(row, "Peer").isEmpty())
                .forEach(row -> services.put(Chart.text(row, "Service"), row));
        var peers = chart.peers();
        var byService = new TreeMap<String, TreeSet<String>>();
        for (var export : chart.exports()) {
            byService.computeIfAbsent(export.service(), _ -> new TreeSet<>()).add(export.peer());
        }
        byService.forEach((service, consumers) -> {
            if (chart.has(Chart.SERVICES)) {
                exported(service, consumers, Optional.ofNullable(services.get(service)));
            }
            consumers.stream()
                    .filter(peer -> chart.has(Chart.PEERINGS) && !peers.contains(peer))
                    .forEach(peer ->
                            sheet.warning(
                                    Check.exports,
                                    "exported service '"
                                            + service
                                            + "': expected its consumers to be peers; found '"
                                            + peer
                                            + "', which is none",
                                    "hansa peer, or take it out of exported-services"));
        });
    }

    private void exported(String service, Set<String> consumers, Optional<JsonNode> row) {
        var subject =
                "service '" + service + "', exported to '" + String.join("', '", consumers) + "': ";
        var usable =
                row.map(one -> one.path("Passing").asInt() + one.path("Warning").asInt()).orElse(0);
        if (usable == 0) {
            var instances = row.map(one -> one.path("Instances").asInt()).orElse(0);
            sheet.error(
                    Check.exports,
                    subject
                            + "expected a healthy instance; found "
                            + (instances == 0 ? "none registered" : "0 healthy of " + instances),
                    instances == 0
                            ? "start its sidecar, or take it out of exported-services"
                            : "see its checks: hansa explain " + service);
        } else if (row.orElseThrow().path("Proxies").asInt() == 0) {
            sheet.error(
                    Check.exports,
                    subject + "expected a sidecar, which peers' calls end at; found none",
                    "hansa join-token --service "
                            + service
                            + ", and start hansa sidecar beside it");
        }
    }

    private void intentions() {
        var closed = new TreeMap<String, TreeSet<String>>();
        for (var export : chart.closed()) {
            closed.computeIfAbsent(export.service(), _ -> new TreeSet<>()).add(export.peer());
        }
        closed.forEach((service, peers) ->
                sheet.error(
                        Check.intentions,
                        "service '"
                                + service
                                + "', exported to '"
                                + String.join("', '", peers)
                                + "': expected an intention that lets a service of the peer in; found none",
                        "hansa intention create -allow peer:"
                                + peers.first()
                                + "/CALLER "
                                + service));
        if (!chart.has(Chart.PEERINGS)) {
            return;
        }
        var peers = chart.peers();
        chart.items(Chart.INTENTIONS)
                .filter(rule -> {
                    var peer = Chart.text(rule, "SourcePeer");
                    return !peer.isEmpty() && !peers.contains(peer);
                })
                .forEach(rule ->
                        sheet.warning(
                                Check.intentions,
                                "intention "
                                        + source(rule)
                                        + " to '"
                                        + Chart.text(rule, "DestinationName")
                                        + "': expected a peer's name; found '"
                                        + Chart.text(rule, "SourcePeer")
                                        + "', which is none",
                                "hansa intention delete "
                                        + source(rule)
                                        + " "
                                        + Chart.text(rule, "DestinationName")
                                        + ", or name the peer as 'hansa peering list' does"));
    }

    private static String source(JsonNode rule) {
        return "peer:" + Chart.text(rule, "SourcePeer") + "/" + Chart.text(rule, "SourceName");
    }

    private void readiness(JsonNode service) {
        if (service.path("Ready").asBoolean(true)) {
            return;
        }
        var name = Chart.text(service, "Service");
        var live = Chart.text(service, "Live");
        var what =
                "failover of '"
                        + name
                        + "': expected another healthy target; found none"
                        + (live.isEmpty() ? ", and none takes the calls now" : " beside " + live)
                        + ": "
                        + Chart.text(service, "Reason");
        var mend = "hansa explain " + name;
        if (live.isEmpty()) {
            sheet.error(Check.failover, what, mend);
        } else {
            sheet.warning(Check.failover, what, mend);
        }
    }

    /// As a person says it: `45s`, `12m`, `5h`, `40d`.
    static String text(Duration duration) {
        var seconds = duration.toSeconds();
        if (seconds < 120) {
            return seconds + "s";
        }
        if (seconds < 7_200) {
            return duration.toMinutes() + "m";
        }
        return duration.toHours() < 48 ? duration.toHours() + "h" : duration.toDays() + "d";
    }
}
