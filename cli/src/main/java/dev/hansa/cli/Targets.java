package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Severity;
import dev.hansa.cli.Finding.Sheet;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/// Whether the targets of resolvers are at peers that let us see what is asked of them.
final class Targets {
    private final Chart chart;
    private final Sheet sheet;

    /// @param group by whose members it is meant; empty where the entry names the peer itself
    private record Target(String peer, String service, String group) {}

    Targets(Chart chart, Sheet sheet) {
        this.chart = chart;
        this.sheet = sheet;
    }

    void look() {
        chart.items(Chart.RESOLVERS).forEach(this::resolver);
    }

    private void resolver(JsonNode entry) {
        var name = Chart.text(entry, "Name");
        // once, in however many subsets it stands
        var targets = new TreeMap<String, Target>();
        add(targets, name, entry.path("Redirect"), name);
        for (var failover : entry.path("Failover")) {
            add(targets, name, failover, name);
            for (var target : failover.path("Targets")) {
                add(targets, name, target, service(failover, name));
            }
        }
        targets.values().forEach(target -> judge(name, target, targets.values()));
    }

    private static String service(JsonNode node, String otherwise) {
        var service = Chart.text(node, "Service");
        return service.isEmpty() ? otherwise : service;
    }

    /// What a redirect, a failover or one of its targets names: a peer, or a group of them.
    private void add(Map<String, Target> targets, String resolver, JsonNode node, String name) {
        var service = service(node, name);
        var peer = Chart.text(node, "Peer");
        if (!peer.isEmpty()) {
            targets.put(peer + "/" + service, new Target(peer, service, ""));
        }
        var group = Chart.text(node, "SamenessGroup");
        if (group.isEmpty() || !chart.has(Chart.GROUPS)) {
            return;
        }
        var found =
                chart.items(Chart.GROUPS)
                        .filter(one -> Chart.text(one, "Name").equals(group))
                        .findFirst();
        if (found.isEmpty()) {
            sheet.error(
                    Check.resolvers,
                    "service-resolver '"
                            + resolver
                            + "': expected a sameness-group of the name it says; found no '"
                            + group
                            + "'",
                    "write sameness-group '" + group + "', or name another in the resolver");
            return;
        }
        for (var member : found.get().path("Members")) {
            var each = Chart.text(member, "Peer");
            if (!each.isEmpty()) {
                targets.putIfAbsent(each + "/" + service, new Target(each, service, group));
            }
        }
    }

    private boolean isExported(Target target) {
        return chart.items(Chart.IMPORTS)
                .anyMatch(one ->
                        Chart.text(one, "Peer").equals(target.peer())
                                && Chart.text(one, "Service").equals(target.service()));
    }

    /// A group is for many services, which not each member needs to have: one that another has is
    /// there still.
    private Severity severity(Target target, Collection<Target> all) {
        return !target.group().isEmpty()
                        && all.stream()
                                .filter(other -> other.service().equals(target.service()))
                                .anyMatch(this::isExported)
                ? Severity.warning
                : Severity.error;
    }

    private void judge(String resolver, Target target, Collection<Target> all) {
        var isOfGroup = !target.group().isEmpty();
        var subject =
                "service-resolver '"
                        + resolver
                        + (isOfGroup ? "', by sameness-group '" + target.group() : "")
                        + "': ";
        if (chart.has(Chart.PEERINGS) && !chart.peers().contains(target.peer())) {
            sheet.add(
                    new Finding(
                            severity(target, all),
                            Check.resolvers,
                            subject
                                    + "expected its targets at peers; found '"
                                    + target.peer()
                                    + "', which is none",
                            "peer with '"
                                    + target.peer()
                                    + "', or take "
                                    + (isOfGroup
                                            ? "it out of the group"
                                            : "the target out of the entry")));
        } else if (chart.has(Chart.IMPORTS) && !isExported(target)) {
            sheet.add(
                    new Finding(
                            severity(target, all),
                            Check.resolvers,
                            subject
                                    + "expected peer '"
                                    + target.peer()
                                    + "' to export '"
                                    + target.service()
                                    + "' to us; found that it does not",
                            "in '"
                                    + target.peer()
                                    + "': hansa config write exported-services.yaml, with '"
                                    + target.service()
                                    + "' and this datacenter's peer name there"));
        }
    }
}
