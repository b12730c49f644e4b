package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Registering of services with the agent, and taking them out of use.
final class AgentServiceResource {
    static final String DECODING = "Request decode failed";

    /// A reason is for people, as metadata are.
    private static final int MAX_REASON = 512;

    /// Each holds a thread and a connection for as long as its target takes to answer, and may cost
    /// a write of the log at each change.
    static final int MOST_ASKED = 4096;

    /// Each is a time in the leader's memory that every round looks at, and a write of the log when
    /// its owner says something new. A node that renews ten thousand finds room.
    static final int MOST_TTL = 16_384;

    private final Agent agent;

    AgentServiceResource(Agent agent) {
        this.agent = agent;
    }

    ApiAnswer register(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        var id = body.text("ID").isEmpty() ? body.text("Name") : body.text("ID");
        var replaces = request.flag("replace-existing-checks");
        var defined = ServiceDefinition.read(agent.nodeOf(id), body, "Name", CheckReader::run);
        var all = new ArrayList<ServiceInstance>();
        all.add(defined);
        SidecarDefinition.read(agent, body, defined).ifPresent(all::add);
        // all is asked before anything is written
        for (var each : all) {
            require(request.caller(), each);
            admission(each, replaces).among();
        }
        agent.registrations().putNode(defined.node());
        for (var each : all) {
            agent.registrations()
                    .put(
                            each,
                            replaces,
                            admission(each, replaces),
                            Registrations.Asked.mayWrite(request.caller()));
        }
        return ApiAnswer.EMPTY;
    }

    private static void require(Caller caller, ServiceInstance defined)
            throws RefusedRequestException {
        caller.require(Need.write(Resource.SERVICE, defined.name()));
        ServiceDefinition.requireKind(caller, defined);
    }

    private Registrations.Admission admission(ServiceInstance defined, boolean replaces) {
        return () -> admit(agent, defined.node().name(), defined.id(), defined.checks(), replaces);
    }

    /// Refuses checks that are too many to run, and any whose id another service or node of the
    /// agent has: owners say by the id alone which one they mean.
    ///
    /// Those that come at the same moment may together be a few too many to run; an id goes to one
    /// of them alone, since the store asks once more.
    ///
    /// @param service its id; empty: the checks are of the node
    /// @param replaces whether those go that it has besides
    /// @return the agent's nodes
    static Set<String> admit(
            Agent agent, String node, String service, List<HealthCheck> more, boolean replaces)
            throws RefusedRequestException {
        var ids = more.stream().map(HealthCheck::id).collect(Collectors.toSet());
        var nodes = agent.nodes();
        var asked = 0L;
        var ttl = 0L;
        for (var each : agent.registrations().all().toList()) {
            var isIts = each.node().name().equals(node) && each.id().equals(service);
            var isOther = !isIts && nodes.contains(each.node().name());
            for (var check : each.checks()) {
                var comes = ids.contains(check.id());
                if (comes && isOther) {
                    throw taken(check.id(), each);
                }
                if (!(isIts && (comes || replaces))) {
                    asked += isAsked(check) ? 1 : 0;
                    ttl += isTtl(check) ? 1 : 0;
                }
            }
        }
        var moreAsked = more.stream().filter(AgentServiceResource::isAsked).count();
        var moreTtl = more.stream().filter(AgentServiceResource::isTtl).count();
        requireRoom("that servers run", asked, moreAsked, MOST_ASKED);
        requireRoom("of kind TTL", ttl, moreTtl, MOST_TTL);
        return nodes;
    }

    private static boolean isTtl(HealthCheck check) {
        return check.definition()
                .flatMap(CheckDefinition::way)
                .filter(way -> way.kind() == CheckDefinition.Kind.TTL)
                .isPresent();
    }

    private static boolean isAsked(HealthCheck check) {
        return check.isRun() && !isTtl(check);
    }

    /// @param run what there is besides
    static void requireRoom(String which, long run, long come, int most)
            throws RefusedRequestException {
        if (come > 0 && run + come > most) {
            throw bad(
                    "checks: expected at most "
                            + most
                            + " "
                            + which
                            + "; found "
                            + run
                            + " and "
                            + come
                            + " more");
        }
    }

    private static RefusedRequestException taken(String id, ServiceInstance holder) {
        return bad(
                "CheckID: expected one that no other service or node has; found '"
                        + shown(id)
                        + "', which "
                        + (holder.id().isEmpty()
                                ? "node '" + shown(holder.node().name())
                                : "service '" + shown(holder.id()))
                        + "' has");
    }

    ApiAnswer deregister(ApiRequest request) throws RefusedRequestException {
        var service = known(request, request.part("id"));
        var asked = Registrations.Asked.mayWrite(request.caller());
        // its sidecar first: who may not take that away keeps both
        for (var proxy : SidecarDefinition.of(agent, service)) {
            agent.registrations().remove(proxy.node().name(), proxy.id(), asked);
        }
        agent.registrations().remove(service.node().name(), service.id(), asked);
        return ApiAnswer.EMPTY;
    }

    private ServiceInstance known(ApiRequest request, String id) throws RefusedRequestException {
        var none =
                new RefusedRequestException(
                        404,
                        "Unknown service ID \""
                                + shown(id)
                                + "\". Ensure that the service ID is passed, not the service name.");
        var found = agent.registered(id);
        if (found.isEmpty()) {
            throw none;
        }
        request.caller().requireFound(Need.write(Resource.SERVICE, found.get().name()), none);
        return found.get();
    }

    ApiAnswer maintenance(ApiRequest request) throws RefusedRequestException {
        var id = request.part("id");
        if (id.isEmpty()) {
            throw bad("Missing service ID");
        }
        var change = Maintenance.turned(enable(request), id, reason(request));
        var service = known(request, id);
        agent.registrations().change(service.node().name(), id, change);
        return ApiAnswer.EMPTY;
    }

    /// Switched on for the leader's node, with all that is registered there; off for each server's,
    /// since another may have led when it was switched on.
    ApiAnswer nodeMaintenance(ApiRequest request) throws RefusedRequestException {
        var isOn = enable(request);
        var change = Maintenance.turned(isOn, "", reason(request));
        for (var node : isOn ? Set.of(agent.node().name()) : agent.nodes()) {
            request.caller().require(Need.write(Resource.NODE, node));
        }
        if (isOn) {
            var node = agent.node();
            agent.registrations().putNode(node);
            agent.registrations().change(node.name(), "", change);
        } else {
            for (var node : agent.nodes()) {
                agent.registrations().change(node, "", change);
            }
        }
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
