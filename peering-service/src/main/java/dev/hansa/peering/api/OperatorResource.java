package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.MemberState;
import dev.hansa.peering.store.Members;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.Witness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The servers that keep the log together, as an operator sees and changes them.
final class OperatorResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// It has what the leader has, or nearly; writes wait meanwhile.
    private static final Duration TRANSFER_LIMIT = Duration.ofSeconds(3);

    /// Longer than a server that lives is silent on a busy machine.
    private static final Duration SILENT = Duration.ofSeconds(5);

    /// As Consul says it.
    private static final int TOO_FEW = 429;

    /// What Consul's clients show of members that are named by an id and not by an address; others
    /// they call older than that.
    private static final String NAMED_BY_ID = "3";

    private static final String REMOVE = "server.remove";
    private static final String TRANSFER = "server.lead";

    private final Members members;
    private final LogAddresses addresses;
    private final AutopilotConfiguration autopilot;
    private final AuditNotes notes;
    private final Consumer<PeeringEvent> events;

    OperatorResource(
            LogAddresses addresses,
            Duration deadAfter,
            AuditNotes notes,
            Consumer<PeeringEvent> events) {
        this.addresses = addresses;
        this.members = addresses.members();
        this.autopilot = new AutopilotConfiguration(deadAfter, SILENT);
        this.notes = notes;
        this.events = events;
    }

    ApiAnswer configuration(ApiRequest request) {
        var json = JSON.objectNode();
        var servers = json.putArray("Servers");
        var nodes = addresses.nodes();
        for (var member : members.list()) {
            var server =
                    servers.addObject()
                            .put("ID", member.name())
                            .put("Node", nodes.getOrDefault(member.name(), member.name()))
                            .put("Address", addresses.of(member))
                            .put("Leader", member.leader())
                            .put("Voter", true)
                            .put("ProtocolVersion", NAMED_BY_ID);
            member.silent().ifPresent(silent -> server.put("SilentMillis", silent.toMillis()));
        }
        json.put("Index", members.leadership().get().term());
        return ApiAnswer.json(json);
    }

    ApiAnswer remove(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var address = request.parameter("address").orElse("");
        var id =
                request.parameter("id")
                        .filter(given -> !given.isEmpty())
                        .or(() ->
                                members.list().stream()
                                        .filter(member -> addresses.of(member).equals(address))
                                        .map(MemberState::name)
                                        .findFirst())
                        .orElse(address);
        if (id.isEmpty()) {
            throw RefusedRequestException.bad(
                    "Must specify either an ID or Address to remove a peer");
        }
        notes.begun(REMOVE, id);
        try {
            members.remove(id);
            Witness.speaks();
        } catch (StoreFailure e) {
            notes.failed(REMOVE, id, String.valueOf(e.getMessage()));
            throw new RefusedRequestException(500, String.valueOf(e.getMessage()));
        }
        events.accept(new PeeringEvent.MemberChanged(id, "removed by an operator"));
        return ApiAnswer.EMPTY;
    }

    /// As Consul answers it.
    ApiAnswer transfer(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var wanted = request.parameter("id").orElse("any server");
        notes.begun(TRANSFER, wanted);
        try {
            var next = members.transfer(request.parameter("id"), TRANSFER_LIMIT);
            Witness.speaks();
            events.accept(new PeeringEvent.MemberChanged(next, "made to lead by an operator"));
        } catch (StoreFailure e) {
            notes.failed(TRANSFER, wanted, String.valueOf(e.getMessage()));
            throw new RefusedRequestException(500, String.valueOf(e.getMessage()));
        }
        return ApiAnswer.json(JSON.objectNode().put("Success", true));
    }

    /// Who leads, by the address of its log; empty when nobody does.
    ApiAnswer leader(ApiRequest request) {
        return ApiAnswer.json(
                JSON.textNode(
                        members.list().stream()
                                .filter(MemberState::leader)
                                .findFirst()
                                .map(addresses::of)
                                .orElse("")));
    }

    ApiAnswer peers(ApiRequest request) {
        var all = JSON.arrayNode();
        members.list().forEach(member -> all.add(addresses.of(member)));
        return ApiAnswer.json(all);
    }

    /// How the servers are, and how many of them may fail.
    ///
    /// @param well how many of them are
    private record Servers(List<ObjectNode> all, int well) {
        boolean isWell() {
            return well == all.size();
        }

        int mayFail() {
            return Math.max(0, well - (all.size() / 2 + 1));
        }
    }

    private Servers servers() {
        var all = new ArrayList<ObjectNode>();
        var nodes = addresses.nodes();
        var well = 0;
        for (var member : members.list()) {
            var silent = member.silent().orElse(Duration.ZERO);
            var isWell = silent.compareTo(SILENT) < 0;
            well += isWell ? 1 : 0;
            all.add(
                    JSON.objectNode()
                            .put("ID", member.name())
                            .put("Name", nodes.getOrDefault(member.name(), member.name()))
                            .put("Address", addresses.of(member))
                            .put("SerfStatus", isWell ? "alive" : "failed")
                            .put("Version", AgentResource.version())
                            .put("Leader", member.leader())
                            .put("LastContact", GoDuration.format(silent))
                            .put("LastTerm", members.leadership().get().term())
                            .put("Healthy", isWell)
                            .put("Voter", true));
        }
        return new Servers(all, well);
    }

    /// How many servers are well, and how many of them may fail.
    ApiAnswer health(ApiRequest request) {
        var servers = servers();
        var json =
                JSON.objectNode()
                        .put("Healthy", servers.isWell())
                        .put("FailureTolerance", servers.mayFail());
        servers.all().forEach(json.putArray("Servers")::add);
        return ApiAnswer.json(servers.isWell() ? 200 : TOO_FEW, json);
    }

    ApiAnswer autopilot(ApiRequest request) {
        return ApiAnswer.json(autopilot.json());
    }

    /// Settings say it; who writes what there is, as tools do that write all, is told that it is
    /// so.
    ApiAnswer writeAutopilot(ApiRequest request) throws RefusedRequestException {
        var wanted = JsonFields.read(request.body(), "Error parsing autopilot config");
        if (AutopilotConfiguration.isOutdated(request)) {
            return ApiAnswer.json(JSON.booleanNode(false));
        }
        autopilot.require(wanted);
        return ApiAnswer.TRUE;
    }

    /// The same in the shape of autopilot's state, by the servers' IDs.
    ApiAnswer state(ApiRequest request) {
        var servers = servers();
        var json =
                JSON.objectNode()
                        .put("Healthy", servers.isWell())
                        .put("FailureTolerance", servers.mayFail())
                        // each votes, so none stands by to take another's place
                        .put("OptimisticFailureTolerance", servers.mayFail());
        var byId = json.putObject("Servers");
        var voters = JSON.arrayNode();
        var leader = "";
        for (var server : servers.all()) {
            var id = server.path("ID").asText();
            var isLeader = server.path("Leader").asBoolean();
            leader = isLeader ? id : leader;
            voters.add(id);
            var one = byId.putObject(id);
            for (var field :
                    List.of(
                            "ID",
                            "Name",
                            "Address",
                            "Version",
                            "LastContact",
                            "LastTerm",
                            "Healthy")) {
                one.set(field, server.path(field));
            }
            one.put("NodeStatus", server.path("SerfStatus").asText())
                    .put("Status", isLeader ? "leader" : "voter")
                    .put("NodeType", "voter");
            one.putObject("Meta");
        }
        json.put("Leader", leader).set("Voters", voters);
        return ApiAnswer.json(json);
    }
}
