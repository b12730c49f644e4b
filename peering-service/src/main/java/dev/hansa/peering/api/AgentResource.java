package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.filter.FilterFields;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.cluster.ServerInfo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What the server says of itself, of the other servers, and of what is registered with them.
final class AgentResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// serf's words
    private static final int ALIVE = 1;

    private static final int FAILED = 4;

    private final ApiSettings settings;
    private final Agent agent;
    private final BlockingReads reads;
    private final LogAddresses addresses;
    private final FilterFields<ServiceInstance> ofMembers;

    AgentResource(ApiSettings settings, Agent agent, BlockingReads reads, LogAddresses addresses) {
        this.settings = settings;
        this.agent = agent;
        this.reads = reads;
        this.addresses = addresses;
        this.ofMembers =
                FilterFields.<ServiceInstance>none()
                        .text("Name", server -> server.node().name())
                        .text("Addr", server -> settings.addresses().of(server.address()))
                        .whole("Port", ServiceInstance::port)
                        .whole("Status", AgentResource::status)
                        .table("Tags", server -> tags(server.node().name()));
    }

    ApiAnswer self(ApiRequest request) {
        var json = JSON.objectNode();
        var id = ServerInfo.nodeId(settings.datacenter(), settings.nodeName());
        json.putObject("Config")
                .put("Datacenter", settings.datacenter().name())
                .put("PrimaryDatacenter", settings.datacenter().name())
                .put("NodeName", settings.nodeName())
                .put("NodeID", id)
                // of a commit, which clients want to be there
                .put("Revision", "")
                .put("Server", true)
                .put("Version", ServerInfo.consulVersion());
        debugged(json.putObject("DebugConfig"), id);
        json.putObject("Coord");
        json.set("Member", member());
        stats(json.putObject("Stats"));
        var meta = json.putObject("Meta");
        new TreeMap<>(ServerInfo.nodeMeta()).forEach(meta::put);
        return ApiAnswer.json(json);
    }

    /// This server as it is among the members, once it is one of them.
    private ObjectNode member() {
        return agent.catalog().get().named(ServerInfo.SERVICE).stream()
                .filter(server -> server.node().name().equals(settings.nodeName()))
                .findFirst()
                .map(server -> self(address(server), server.port()))
                .orElseGet(() -> self(settings.addresses().own(), settings.listen().getPort()));
    }

    private ObjectNode self(String address, int port) {
        return member(settings.nodeName(), settings.nodeName(), address, port, ALIVE);
    }

    private String address(ServiceInstance server) {
        return settings.addresses().of(server.address());
    }

    /// By these Consul's clients find out what a server can do.
    private void debugged(ObjectNode json, String id) {
        json.put("ACLsEnabled", settings.access().enabled())
                .put("ConnectEnabled", true)
                .put("Datacenter", settings.datacenter().name())
                .put("NodeID", id)
                .put("NodeName", settings.nodeName())
                .put("PeeringEnabled", true)
                .put("PrimaryDatacenter", settings.datacenter().name())
                .put("ServerMode", true)
                .put("Version", version());
    }

    /// Texts by section, as `consul info` prints them.
    private void stats(ObjectNode json) {
        var catalog = agent.catalog().get();
        json.putObject("agent")
                .put(
                        "services",
                        String.valueOf(
                                agent.registrations()
                                        .all()
                                        .filter(one -> !one.id().isEmpty())
                                        .count()));
        json.putObject("build").put("revision", "").put("version", version());
        json.putObject("consul")
                .put("acl", settings.access().enabled() ? "enabled" : "disabled")
                .put("known_datacenters", "1")
                .put("known_servers", String.valueOf(ServerInfo.in(catalog).size()))
                .put("server", "true");
        json.putObject("runtime")
                .put("arch", System.getProperty("os.arch", ""))
                .put("cpu_count", String.valueOf(Runtime.getRuntime().availableProcessors()))
                .put("os", System.getProperty("os.name", "").toLowerCase(Locale.ROOT))
                .put("version", "java " + Runtime.version().feature());
    }

    /// What each server tells of itself. `segment` and `vsn` are of serf, which is not spoken here;
    /// by address and `port` Datadog's agent tells whether the server is the one that leads.
    private Map<String, String> tags(String node) {
        var tags = new TreeMap<String, String>();
        tags.put("role", "consul");
        tags.put("dc", settings.datacenter().name());
        tags.put("build", version());
        tags.put("id", ServerInfo.nodeId(settings.datacenter(), node));
        tags.put("segment", "");
        tags.put("vsn", "2");
        var port = addresses.ports().get(node);
        if (port != null) {
            tags.put("port", port);
        }
        return tags;
    }

    ApiAnswer version(ApiRequest request) {
        return ApiAnswer.json(
                JSON.objectNode().put("HumanVersion", version()).put("SHA", "").put("FIPS", ""));
    }

    /// The servers; with `wan` under the names that they would have elsewhere.
    ApiAnswer members(ApiRequest request) throws RefusedRequestException {
        var filter = ListFilters.of(request, ofMembers);
        var isWan = request.flag("wan");
        var all = JSON.arrayNode();
        agent.catalog().get().named(ServerInfo.SERVICE).stream()
                .filter(filter)
                .filter(server ->
                        request.caller().sees(Need.read(Resource.NODE, server.node().name())))
                .forEach(server ->
                        all.add(
                                member(
                                        server.node().name(),
                                        server.node().name()
                                                + (isWan ? "." + settings.datacenter().name() : ""),
                                        address(server),
                                        server.port(),
                                        status(server))));
        return ApiAnswer.json(all);
    }

    /// The versions are of serf, as a server of Consul tells them; nobody speaks it here.
    private ObjectNode member(String node, String name, String address, int port, int status) {
        var json =
                JSON.objectNode()
                        .put("Name", name)
                        .put("Addr", address)
                        .put("Port", port)
                        .put("Status", status)
                        .put("ProtocolMin", 1)
                        .put("ProtocolMax", 5)
                        .put("ProtocolCur", 2)
                        .put("DelegateMin", 2)
                        .put("DelegateMax", 5)
                        .put("DelegateCur", 4);
        var told = json.putObject("Tags");
        tags(node).forEach(told::put);
        return json;
    }

    private static int status(ServiceInstance server) {
        return server.isHealthy() ? ALIVE : FAILED;
    }

    ApiAnswer services(ApiRequest request) throws RefusedRequestException {
        var filter = ListFilters.of(request, ListFilters.SERVICE);
        var services = JSON.objectNode();
        agent.services(request.caller())
                .filter(filter)
                .forEach(each -> services.set(each.id(), json(each)));
        return ApiAnswer.json(services);
    }

    private ObjectNode json(ServiceInstance service) {
        var json = ServiceJson.LOCAL.agent(service).put("Datacenter", settings.datacenter().name());
        // Consul's agent names them where there is something to say; clients read more of them
        for (var name : List.of("Proxy", "Connect")) {
            if (json.path(name).isEmpty()) {
                json.remove(name);
            }
        }
        return json;
    }

    /// One service; a caller that names the hash of what it has waits for another.
    ApiAnswer service(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var id = request.part("id");
        var seen = request.parameter("hash").orElse("");
        return reads.read(
                request,
                Scope.CATALOG,
                () -> service(request.caller(), id),
                answer ->
                        seen.isEmpty()
                                || !(answer instanceof ApiAnswer.Json(var body, _))
                                || !seen.equals(body.path("ContentHash").textValue()));
    }

    private ApiAnswer service(Caller caller, String id) {
        return find(caller, id)
                .map(found -> {
                    var json = json(found);
                    json.remove(List.of("CreateIndex", "ModifyIndex"));
                    return ApiAnswer.json(json.put("ContentHash", hash(json)));
                })
                .orElseGet(
                        () -> ApiAnswer.text(404, "unknown service ID: " + ForeignText.shown(id)));
    }

    private Optional<ServiceInstance> find(Caller caller, String id) {
        return agent.services(caller).filter(each -> each.id().equals(id)).findFirst();
    }

    private static String hash(ObjectNode json) {
        return Sha256.hex(json.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }

    ApiAnswer checks(ApiRequest request) throws RefusedRequestException {
        var filter = ListFilters.of(request, ListFilters.CHECK);
        var checks = JSON.objectNode();
        agent.checks(request.caller())
                .filter(filter)
                .forEach(one ->
                        checks.set(
                                one.check().id(),
                                ServiceJson.LOCAL.check(one.instance(), one.check())));
        return ApiAnswer.json(checks);
    }

    /// How a service is, as a status of HTTP that a load balancer understands.
    ApiAnswer healthById(ApiRequest request) {
        var id = request.part("id");
        var found = find(request.caller(), id);
        if (found.isEmpty()) {
            return unhealthy(
                    request,
                    "ServiceId " + ForeignText.shown(id) + " not found",
                    JSON.objectNode()
                            .put("AggregatedStatus", CheckStatus.CRITICAL.word())
                            .putNull("Service")
                            .putNull("Checks"));
        }
        return healthy(request, verdict(found.get()), health(found.get()));
    }

    ApiAnswer healthByName(ApiRequest request) {
        var name = request.part("name");
        var all =
                agent.services(request.caller()).filter(each -> each.name().equals(name)).toList();
        if (all.isEmpty()) {
            return unhealthy(
                    request,
                    "ServiceName " + ForeignText.shown(name) + " Not Found",
                    JSON.arrayNode());
        }
        var list = JSON.arrayNode();
        all.forEach(each -> list.add(health(each)));
        return healthy(
                request,
                CheckStatus.worst(all.stream().map(AgentResource::verdict).toList()),
                list);
    }

    /// Maintenance is critical to whoever asks for the checks, and more than that to whoever asks
    /// here.
    private static CheckStatus verdict(ServiceInstance service) {
        return service.checks().stream().anyMatch(check -> Maintenance.isFor(check.id()))
                ? CheckStatus.MAINTENANCE
                : service.status();
    }

    private ObjectNode health(ServiceInstance service) {
        var json = JSON.objectNode().put("AggregatedStatus", verdict(service).word());
        json.set("Service", json(service));
        json.set("Checks", ServiceJson.LOCAL.checks(service));
        return json;
    }

    private static final Map<CheckStatus, Integer> CODES =
            Map.of(
                    CheckStatus.PASSING,
                    200,
                    CheckStatus.WARNING,
                    429,
                    CheckStatus.CRITICAL,
                    503,
                    CheckStatus.MAINTENANCE,
                    503);

    private static ApiAnswer healthy(ApiRequest request, CheckStatus status, JsonNode json) {
        var code = CODES.getOrDefault(status, 503);
        return isText(request) ? ApiAnswer.text(code, status.word()) : ApiAnswer.json(code, json);
    }

    private static ApiAnswer unhealthy(ApiRequest request, String reason, JsonNode none) {
        return isText(request) ? ApiAnswer.text(404, reason) : ApiAnswer.json(404, none);
    }

    private static boolean isText(ApiRequest request) {
        return request.parameter("format").filter("text"::equals).isPresent();
    }

    static String version() {
        return ServerInfo.version();
    }
}
