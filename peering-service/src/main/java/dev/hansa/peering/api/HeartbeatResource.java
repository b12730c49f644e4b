package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.Witness;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A machine's agent says that the machine is there. Its node has a check for that, under the id
/// that Consul's tools know, which turns critical when nothing is heard for as long as the agent
/// has said; with it all that is registered there and that no proxy of its own vouches for.
final class HeartbeatResource {
    /// Shorter, and an agent on a busy machine is called dead.
    private static final Duration SHORTEST = Duration.ofSeconds(2);

    /// Longer, and callers meet a dead machine for that long.
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private static final Duration DEFAULT = Duration.ofSeconds(15);

    /// A machine that is repaired within it must not find its services gone.
    private static final Duration SHORTEST_REAP = CheckReader.SHORTEST_DEREGISTER;

    private static final String WELL = "Agent alive and reachable";

    private final Agent agent;
    private final CheckWatch watch;

    HeartbeatResource(Agent agent, CheckWatch watch) {
        this.agent = agent;
        this.watch = watch;
    }

    /// Written to the log only where something is other than before. Answered with what is
    /// registered at the node, by which the agent knows what it has to say again.
    ApiAnswer beat(ApiRequest request) throws RefusedRequestException {
        var body =
                JsonFields.read(request.body(), AgentServiceResource.DECODING)
                        .only(List.of("Node", "Address", "AgentID", "Meta", "TTL", "ReapAfter"));
        var node = node(body);
        request.caller().require(Need.write(Resource.NODE, node.name()));
        // each agent's, every few seconds: one that a former leader has taken is made up for by
        // the next, long before its machine is called dead
        Witness.speaks();
        if (agent.nodes().contains(node.name())) {
            throw bad(
                    "Node: expected a name that no server has; found '" + shown(node.name()) + "'");
        }
        var check = check(ttl(body), reapAfter(body));
        var registrations = agent.registrations();
        var known = registrations.find(node.name(), "");
        if (known.filter(held -> isAnothers(held, node)).isPresent()) {
            throw new RefusedRequestException(
                    409,
                    "AgentID: expected that of the agent which keeps node '"
                            + shown(node.name())
                            + "' alive, at '"
                            + shown(known.get().node().address())
                            + "'; found another: two machines have one name, or one has lost its data directory, and is taken when the other was silent for its TTL");
        }
        var isKnown = known.isPresent();
        registrations.putNode(node);
        registrations.change(
                node.name(), "", before -> Registrations.merged(before, List.of(check)));
        // before it is read: what had expired meanwhile is said again
        watch.heard(node.name(), "", check.id());
        var isWell =
                registrations
                        .find(node.name(), "")
                        .filter(held -> held.checks().contains(check))
                        .isPresent();
        if (!isWell) {
            registrations.apply(
                    new StoreCommand.PutCheckResult(
                            node.name(), "", check.id(), check.status(), check.output()));
        }
        var json = JsonNodeFactory.instance.objectNode().put("Known", isKnown);
        var services = json.putObject("Services");
        registrations
                .all()
                .filter(one -> one.node().name().equals(node.name()) && !one.id().isEmpty())
                .forEach(one -> {
                    var service =
                            services.putObject(one.id()).put("Digest", ServiceFile.digest(one));
                    var checks = service.putObject("Checks");
                    one.checks().forEach(each -> checks.put(each.id(), each.status().word()));
                });
        return ApiAnswer.json(json);
    }

    private NodeRecord node(JsonFields body) throws RefusedRequestException {
        var name = body.text("Node");
        ServiceDefinition.word("Node", name);
        var address = body.text("Address");
        ServiceDefinition.word("Address", address);
        var meta = body.map("Meta");
        if (meta.containsKey(Agent.MARK)) {
            throw bad(
                    "Meta: expected no '"
                            + Agent.MARK
                            + "', which the servers' own nodes have; found it");
        }
        var id = body.text("AgentID");
        if (!id.isEmpty()) {
            ServiceDefinition.word("AgentID", id);
        }
        return new NodeRecord(id, name, address, agent.datacenter().name(), Map.of(), meta);
    }

    /// For as long as it counts as there. One that has never said an id may get one.
    private static boolean isAnothers(ServiceInstance held, NodeRecord node) {
        return !held.node().id().isEmpty()
                && !held.node().id().equals(node.id())
                && held.checks().stream()
                        .anyMatch(check ->
                                check.id().equals(HealthCheck.NODE_ALIVE)
                                        && check.status() == CheckStatus.PASSING);
    }

    private static HealthCheck check(Duration ttl, Duration reapAfter) {
        var way = new Way(Kind.TTL, "", ttl, ttl, HttpAsk.GET, Thresholds.FIRST, reapAfter);
        return new HealthCheck(
                HealthCheck.NODE_ALIVE,
                "Serf Health Status",
                CheckStatus.PASSING,
                WELL,
                Kind.TTL.name().toLowerCase(Locale.ROOT),
                Optional.of(new CheckDefinition("", true, Optional.of(way))));
    }

    private static Duration ttl(JsonFields body) throws RefusedRequestException {
        var text = body.text("TTL");
        var ttl = text.isEmpty() ? DEFAULT : ApiRequest.read(text, GoDuration::parse);
        if (ttl.compareTo(SHORTEST) < 0 || ttl.compareTo(LONGEST) > 0) {
            throw bad("TTL: expected a duration from 2s to 10m; found '" + shown(text) + "'");
        }
        return ttl;
    }

    private static Duration reapAfter(JsonFields body) throws RefusedRequestException {
        var text = body.text("ReapAfter");
        var after = text.isEmpty() ? Duration.ZERO : ApiRequest.read(text, GoDuration::parse);
        if (!after.isZero() && after.compareTo(SHORTEST_REAP) < 0) {
            throw bad(
                    "ReapAfter: expected 0s, for never, or at least 1m; found '"
                            + shown(text)
                            + "'");
        }
        return after;
    }
}
