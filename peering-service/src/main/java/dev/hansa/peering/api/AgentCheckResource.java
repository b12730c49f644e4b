package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Checks that are registered with the agent, and the words of those who own them.
final class AgentCheckResource {
    private final Agent agent;
    private final CheckWatch watch;
    private final Consumer<PeeringEvent> events;

    AgentCheckResource(Agent agent, CheckWatch watch, Consumer<PeeringEvent> events) {
        this.agent = agent;
        this.watch = watch;
        this.events = events;
    }

    /// Of a service that is registered, or of the node.
    ApiAnswer register(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), AgentServiceResource.DECODING);
        if (body.text("Name").isEmpty()) {
            throw bad("Missing check name");
        }
        if (!List.of("", "passing", "warning", "critical").contains(body.text("Status"))) {
            throw bad("Bad check status");
        }
        var service = body.text("ServiceID");
        // called by its name when it has no id, also that of a service
        var check = CheckReader.runOne(body, service, body.text("Name"));
        if (service.isEmpty()) {
            // where it is already: another server may have led when it was registered
            var node = agent.holder(check.id()).map(ServiceInstance::node).orElseGet(agent::node);
            request.caller().require(Need.write(Resource.NODE, node.name()));
            admit(node.name(), "", check);
            agent.registrations().putNode(node);
            put(request.caller(), node.name(), "", check);
        } else {
            var holder = agent.registered(service).orElseThrow(() -> missing(service));
            mayWrite(request.caller(), holder, missing(service));
            put(request.caller(), holder.node().name(), service, check);
        }
        return ApiAnswer.EMPTY;
    }

    private static RefusedRequestException missing(String service) {
        return new RefusedRequestException(
                404, "ServiceID \"" + shown(service) + "\" does not exist");
    }

    private Set<String> admit(String node, String service, HealthCheck check)
            throws RefusedRequestException {
        return AgentServiceResource.admit(agent, node, service, List.of(check), false);
    }

    private void put(Caller caller, String node, String service, HealthCheck check)
            throws RefusedRequestException {
        if (!agent.registrations()
                .change(
                        node,
                        service,
                        () -> admit(node, service, check),
                        service.isEmpty()
                                ? Registrations.Asked.ALREADY
                                : Registrations.Asked.mayWrite(caller),
                        before -> Registrations.merged(before, List.of(check)))) {
            // gone in this moment
            throw missing(service);
        }
    }

    ApiAnswer deregister(ApiRequest request) throws RefusedRequestException {
        var id = request.part("id");
        var holder = holder(request, id);
        agent.registrations()
                .change(
                        holder.node().name(),
                        holder.id(),
                        before -> before.stream().filter(one -> !one.id().equals(id)).toList());
        return ApiAnswer.EMPTY;
    }

    /// Who may not see what holds a check is told that there is none.
    private ServiceInstance holder(ApiRequest request, String id) throws RefusedRequestException {
        var holder = agent.holder(id).orElseThrow(() -> unknown(id));
        mayWrite(request.caller(), holder, unknown(id));
        return holder;
    }

    private static void mayWrite(
            Caller caller, ServiceInstance holder, RefusedRequestException none)
            throws RefusedRequestException {
        caller.requireFound(
                holder.id().isEmpty()
                        ? Need.write(Resource.NODE, holder.node().name())
                        : Need.write(Resource.SERVICE, holder.name()),
                none);
    }

    private static RefusedRequestException unknown(String id) {
        return new RefusedRequestException(
                404,
                "Unknown check ID \""
                        + shown(id)
                        + "\". Ensure that the check ID is passed, not the check name.");
    }

    ApiAnswer pass(ApiRequest request) throws RefusedRequestException {
        return said(request, CheckStatus.PASSING, request.parameter("note").orElse(""));
    }

    ApiAnswer warn(ApiRequest request) throws RefusedRequestException {
        return said(request, CheckStatus.WARNING, request.parameter("note").orElse(""));
    }

    ApiAnswer fail(ApiRequest request) throws RefusedRequestException {
        return said(request, CheckStatus.CRITICAL, request.parameter("note").orElse(""));
    }

    ApiAnswer update(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), AgentServiceResource.DECODING);
        var status = body.text("Status");
        if (!List.of("passing", "warning", "critical").contains(status)) {
            throw bad("Invalid check status: '" + shown(status) + "'");
        }
        return said(request, CheckStatus.of(status), body.text("Output"));
    }

    /// Written only when it is another than before: whoever says that all is well each second does
    /// not fill the log.
    private ApiAnswer said(ApiRequest request, CheckStatus status, String output)
            throws RefusedRequestException {
        var id = request.part("id");
        var holder = holder(request, id);
        if (check(holder, id)
                .flatMap(HealthCheck::definition)
                .flatMap(CheckDefinition::way)
                .map(Way::kind)
                .filter(Kind.TTL::equals)
                .isEmpty()) {
            throw new RefusedRequestException(
                    500, "CheckID \"" + shown(id) + "\" does not have associated TTL");
        }
        var node = holder.node().name();
        // before it is read: what had expired meanwhile is said again
        watch.heard(node, holder.id(), id);
        var before =
                agent.registrations()
                        .find(node, holder.id())
                        .flatMap(now -> check(now, id))
                        .orElseThrow(() -> unknown(id));
        var after = before.with(status, output);
        if (after.equals(before)) {
            return ApiAnswer.EMPTY;
        }
        var answer =
                agent.registrations()
                        .apply(
                                new StoreCommand.PutCheckResult(
                                        node, holder.id(), id, after.status(), after.output()));
        if (answer instanceof StoreAnswer.Applied && before.status() != after.status()) {
            events.accept(
                    new PeeringEvent.HealthChanged(
                            node, holder.name(), holder.id(), status.word(), after.output()));
        }
        return ApiAnswer.EMPTY;
    }

    private static Optional<HealthCheck> check(ServiceInstance holder, String id) {
        return holder.checks().stream().filter(one -> one.id().equals(id)).findFirst();
    }
}
