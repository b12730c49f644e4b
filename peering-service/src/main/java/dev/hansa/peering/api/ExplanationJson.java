package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.failover.Control;
import dev.hansa.failover.Target;
import dev.hansa.failover.Traffic;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.failover.DrillReport;
import dev.hansa.peering.failover.Explanation;
import dev.hansa.peering.failover.Explanation.Hop;
import dev.hansa.peering.failover.Explanation.Standing;
import dev.hansa.peering.failover.Explanation.Step;
import dev.hansa.peering.failover.Explanation.Verdict;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.peering.failover.Readiness;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/// What is said about failover, as JSON.
final class ExplanationJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ExplanationJson() {}

    static JsonNode of(Explanation explanation) {
        var json =
                JSON.createObjectNode()
                        .put("Service", explanation.upstream().service().value())
                        .put("Peer", explanation.upstream().peer().map(PeerName::value).orElse(""))
                        .put("Caller", explanation.caller().map(name -> name.value()).orElse(""))
                        .put("Datacenter", explanation.datacenter().name())
                        .put("TrustDomain", explanation.trustDomain().name())
                        .put("ConnectTimeoutMillis", explanation.connectTimeout().toMillis());
        explanation
                .resolver()
                .ifPresentOrElse(
                        entry ->
                                json.putObject("Resolver")
                                        .put("ModifyIndex", entry.modifyIndex())
                                        .set("Entry", read(entry)),
                        () -> json.putNull("Resolver"));
        json.put("Live", label(explanation, Standing.LIVE))
                .put("Next", label(explanation, Standing.NEXT));
        var targets = json.putArray("Targets");
        explanation.steps().forEach(step -> step(targets.addObject(), step));
        var seen = json.putArray("Seen");
        explanation.seen().forEach(one -> seen(seen.addObject(), one));
        var controls = json.putArray("Controls");
        explanation.controls().forEach(control -> controls.add(of(control)));
        return json.put("WouldBeRefused", explanation.brokenLink().isPresent())
                .put("BrokenLink", explanation.brokenLink().orElse(""));
    }

    private static JsonNode read(ConfigRecord entry) {
        try {
            return JSON.readTree(entry.json());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "stored config entry " + entry.kind() + "/" + entry.name() + " is no JSON", e);
        }
    }

    private static String label(Explanation explanation, Standing standing) {
        return explanation.steps().stream()
                .filter(step -> step.standing() == standing)
                .map(step -> step.target().label())
                .findFirst()
                .orElse("");
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static void step(ObjectNode json, Step step) {
        var target = step.target();
        json.put("Target", target.label())
                .put("Service", target.service().value())
                .put(
                        "Peer",
                        switch (target) {
                            case Target.LocalTarget _ -> "";
                            case Target.PeerTarget there -> there.peer().value();
                        })
                .put("State", word(step.standing()))
                .put("Healthy", target.health().healthy())
                .put("Evidence", target.health().evidence())
                .put("EvidenceFrom", step.source().name())
                .put("EvidenceConnected", step.source().connected());
        step.source()
                .age()
                .ifPresentOrElse(
                        age -> json.put("EvidenceAgeMillis", age.toMillis()),
                        () -> json.putNull("EvidenceAgeMillis"));
        json.put("SNI", target.sni()).put("TrustDomain", target.trustDomain().name());
        texts(json, "SpiffeIDs", target.spiffeIds());
        step.intention()
                .ifPresent(verdict -> {
                    var intention = json.putObject("Intention");
                    switch (verdict) {
                        case Verdict.Decided(var by, var allowed, var rule) ->
                                intention
                                        .put("DecidedBy", by.name())
                                        .put("Known", true)
                                        .put("Allowed", allowed)
                                        .put("Rule", rule);
                        case Verdict.DecidedAt(var peer) ->
                                intention
                                        .put("DecidedBy", "peer '" + peer + "'")
                                        .put("Known", false);
                    }
                });
        var hops = json.putArray("Hops");
        for (Hop hop : step.hops()) {
            texts(
                    hops.addObject()
                            .put("Kind", word(hop.place()))
                            .put("Where", hop.where())
                            .put("Address", hop.address())
                            .put("Healthy", hop.health().healthy())
                            .put("Evidence", hop.health().evidence())
                            .put("SNI", hop.sni()),
                    "SpiffeIDs",
                    hop.identities());
        }
    }

    private static void seen(ObjectNode json, RoutePublisher.Seen seen) {
        var observation = seen.observation();
        json.put("Sidecar", seen.sidecar())
                .put("Caller", seen.caller().value())
                .put("Refused", observation.refused());
        var targets = json.putArray("Targets");
        for (var target : observation.targets()) {
            var suspects =
                    targets.addObject()
                            .put("Target", target.label())
                            .put("Carried", target.carried())
                            .put("FailedAttempts", target.failed())
                            .putArray("Suspects");
            target.suspects()
                    .forEach(suspect ->
                            suspects.addObject()
                                    .put("Address", suspect.address().toString())
                                    .put("Sign", suspect.sign())
                                    .put("Failures", suspect.failures())
                                    .put("ForMillis", suspect.lasting().toMillis()));
        }
    }

    private static void texts(ObjectNode json, String key, Collection<String> texts) {
        var array = json.putArray(key);
        texts.forEach(array::add);
    }

    static ObjectNode of(Control control) {
        return JSON.createObjectNode()
                .put("ID", control.id())
                .put("What", control.what())
                .put("By", control.by())
                .put("Reason", control.reason())
                .put("Since", control.since().toString())
                .put("Until", control.until().toString());
    }

    static JsonNode of(DrillReport report) {
        var json = of(report.control());
        report.proxies()
                .ifPresentOrElse(
                        count -> json.put("Proxies", count), () -> json.putNull("Proxies"));
        millis(json, "OverMillis", report.over());
        report.ended()
                .ifPresentOrElse(
                        at -> json.put("EndedAt", at.toString()), () -> json.putNull("EndedAt"));
        millis(json, "BackMillis", report.back());
        json.set("Before", of(report.before()));
        report.during()
                .ifPresentOrElse(
                        traffic -> json.set("During", of(traffic)), () -> json.putNull("During"));
        report.after()
                .ifPresentOrElse(
                        traffic -> json.set("After", of(traffic)), () -> json.putNull("After"));
        return json.put("Done", report.done());
    }

    private static ObjectNode of(Traffic traffic) {
        var json =
                JSON.createObjectNode()
                        .put("Served", traffic.served())
                        .put("Refused", traffic.refused());
        within(json, "P50WithinMillis", traffic.withinMillis(50));
        within(json, "P99WithinMillis", traffic.withinMillis(99));
        var carried = json.putObject("Carried");
        traffic.carried().forEach(carried::put);
        var failed = json.putObject("FailedAttempts");
        traffic.failed().forEach(failed::put);
        return json;
    }

    private static void within(ObjectNode json, String key, OptionalLong millis) {
        millis.ifPresentOrElse(found -> json.put(key, found), () -> json.putNull(key));
    }

    private static void millis(ObjectNode json, String key, Optional<Duration> duration) {
        duration.ifPresentOrElse(found -> json.put(key, found.toMillis()), () -> json.putNull(key));
    }

    static JsonNode events(List<FailoverEvent> events) {
        var all = JSON.createArrayNode();
        for (var event : events) {
            all.addObject()
                    .put("Index", event.index())
                    .put("At", event.at().toString())
                    .put("Datacenter", event.datacenter().name())
                    .put("Service", event.service().value())
                    .put("Turn", word(event.turn()))
                    .put("From", event.from().orElse(""))
                    .put("To", event.to().orElse(""))
                    .put("Cause", event.cause())
                    .put("LastedMillis", event.lasted().toMillis());
        }
        return all;
    }

    static JsonNode of(List<Readiness> services) {
        var all = JSON.createArrayNode();
        for (var one : services) {
            all.addObject()
                    .put("Service", one.service().value())
                    .put("Ready", one.obstacle().isEmpty())
                    .put("Live", one.live().orElse(""))
                    .put("Next", one.next().orElse(""))
                    .put("FailedOver", one.away())
                    .put("Reason", one.obstacle().orElse(""));
        }
        return all;
    }
}
