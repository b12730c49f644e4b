package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.MemberState;
import dev.hansa.peering.store.Members;
import dev.hansa.peering.store.StoreFailure;
import java.time.Duration;
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

    private final ApiSettings settings;
    private final Members members;
    private final AuditNotes notes;
    private final Consumer<PeeringEvent> events;

    OperatorResource(
            ApiSettings settings,
            Members members,
            AuditNotes notes,
            Consumer<PeeringEvent> events) {
        this.settings = settings;
        this.members = members;
        this.notes = notes;
        this.events = events;
    }

    ApiAnswer configuration(ApiRequest request) {
        var json = JSON.objectNode();
        var servers = json.putArray("Servers");
        for (var member : members.list()) {
            var server =
                    servers.addObject()
                            .put("ID", member.name())
                            .put("Node", member.name())
                            .put("Address", address(member))
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
                                        .filter(member -> address(member).equals(address))
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
                                .map(this::address)
                                .orElse("")));
    }

    ApiAnswer peers(ApiRequest request) {
        var all = JSON.arrayNode();
        members.list().forEach(member -> all.add(address(member)));
        return ApiAnswer.json(all);
    }

    /// How many servers are well, and how many of them may fail.
    ApiAnswer health(ApiRequest request) {
        var members = this.members.list();
        var json = JSON.objectNode();
        var servers = JSON.arrayNode();
        var well = 0;
        for (var member : members) {
            var silent = member.silent().orElse(Duration.ZERO);
            var isWell = silent.compareTo(SILENT) < 0;
            well += isWell ? 1 : 0;
            servers.addObject()
                    .put("ID", member.name())
                    .put("Name", member.name())
                    .put("Address", address(member))
                    .put("SerfStatus", isWell ? "alive" : "failed")
                    .put("Version", AgentResource.version())
                    .put("Leader", member.leader())
                    .put("LastContact", GoDuration.format(silent))
                    .put("LastTerm", this.members.leadership().get().term())
                    .put("Healthy", isWell)
                    .put("Voter", true);
        }
        var quorum = members.size() / 2 + 1;
        json.put("Healthy", well == members.size())
                .put("FailureTolerance", Math.max(0, well - quorum))
                .set("Servers", servers);
        return ApiAnswer.json(well == members.size() ? 200 : TOO_FEW, json);
    }

    /// The log of a server that nobody joins has an address that says nothing; the API's is shown.
    private String address(MemberState member) {
        return member.address().endsWith(":0")
                ? new Endpoint(settings.listen().getHostString(), settings.listen().getPort())
                        .toString()
                : member.address();
    }
}
