package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import java.util.List;

/// Registering of services with the agent, and taking them out of use.
final class AgentServiceResource {
    static final String DECODING = "Request decode failed";

    /// A reason is for people, as metadata are.
    private static final int MAX_REASON = 512;

    /// Each holds a thread and a connection for as long as its target takes to answer, and may cost
    /// a write of the log at each change.
    static final int MOST_RUN = 4096;

    private final Agent agent;

    AgentServiceResource(Agent agent) {
        this.agent = agent;
    }

    ApiAnswer register(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        var id = body.text("ID").isEmpty() ? body.text("Name") : body.text("ID");
        var defined = ServiceDefinition.read(agent.nodeOf(id), body, "Name", CheckReader::run);
        spare(agent.registrations(), defined.checks());
        agent.registrations().putNode(defined.node());
        agent.registrations().put(defined, request.flag("replace-existing-checks"));
        return ApiAnswer.EMPTY;
    }

    /// Refuses checks that are too many to run.
    static void spare(Registrations registrations, List<HealthCheck> more)
            throws RefusedRequestException {
        var come = more.stream().filter(HealthCheck::isRun).count();
        var run =
                come == 0
                        ? 0
                        : registrations
                                .all()
                                .flatMap(each -> each.checks().stream())
                                .filter(HealthCheck::isRun)
                                .count();
        if (run + come > MOST_RUN) {
            throw bad(
                    "checks: expected at most "
                            + MOST_RUN
                            + " that servers run; found "
                            + run
                            + " and "
                            + come
                            + " more");
        }
    }

    ApiAnswer deregister(ApiRequest request) throws RefusedRequestException {
        var service = known(request.part("id"));
        agent.registrations().remove(service.node().name(), service.id());
        return ApiAnswer.EMPTY;
    }

    private ServiceInstance known(String id) throws RefusedRequestException {
        return agent.registered(id)
                .orElseThrow(() ->
                        new RefusedRequestException(
                                404,
                                "Unknown service ID \""
                                        + shown(id)
                                        + "\". Ensure that the service ID is passed, not the service name."));
    }

    ApiAnswer maintenance(ApiRequest request) throws RefusedRequestException {
        var id = request.part("id");
        if (id.isEmpty()) {
            throw bad("Missing service ID");
        }
        var change = Maintenance.turned(enable(request), id, reason(request));
        var service = known(id);
        agent.registrations().change(service.node().name(), id, change);
        return ApiAnswer.EMPTY;
    }

    /// Of the server that is asked, with all that is registered there.
    ApiAnswer nodeMaintenance(ApiRequest request) throws RefusedRequestException {
        var change = Maintenance.turned(enable(request), "", reason(request));
        var node = agent.node();
        agent.registrations().putNode(node);
        agent.registrations().change(node.name(), "", change);
        return ApiAnswer.EMPTY;
    }

    private static boolean enable(ApiRequest request) throws RefusedRequestException {
        var enable = request.parameter("enable").orElse("");
        if (enable.isEmpty()) {
            throw bad("Missing value for enable");
        }
        return request.flag("enable");
    }

    private static String reason(ApiRequest request) throws RefusedRequestException {
        var reason = request.parameter("reason").orElse("");
        if (reason.length() > MAX_REASON) {
            throw bad(
                    "reason: expected at most "
                            + MAX_REASON
                            + " characters; found "
                            + reason.length());
        }
        return reason;
    }
}
