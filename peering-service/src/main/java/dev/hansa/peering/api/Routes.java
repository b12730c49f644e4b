package dev.hansa.peering.api;

import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The routes of the API: for each what a caller must be allowed first, and who answers.
final class Routes {
    /// Rows of docs/API.md, in that order of concern, are held to these lines by a test.
    private final Map<String, Map<String, Route>> all = new TreeMap<>();

    record Route(Ask ask, ApiResource resource) {}

    private void on(String method, String path, Ask ask, ApiResource resource) {
        all.computeIfAbsent(path, _ -> new TreeMap<>()).put(method, new Route(ask, resource));
    }

    /// By path, then by method; fixed paths before those with variable parts.
    List<Map.Entry<String, Map<String, Route>>> inOrder() {
        return all.entrySet().stream()
                .sorted(
                        Map.Entry.comparingByKey(
                                Comparator.comparing((String path) -> path.contains(":"))
                                        .thenComparing(path -> path)))
                .toList();
    }

    Optional<Route> find(String method, String path) {
        return Optional.ofNullable(all.getOrDefault(path, Map.of()).get(method));
    }

    Set<String> methods(String path) {
        return all.getOrDefault(path, Map.of()).keySet();
    }

    void peerings(PeeringResource peerings) {
        var read = Ask.read(Resource.PEERING);
        var write = Ask.write(Resource.PEERING);
        on("POST", "/v1/peering/token", write, peerings::generateToken);
        on("POST", "/v1/peering/establish", write, peerings::establish);
        on("GET", "/v1/peering/", read, peerings::read);
        on("GET", "/v1/peering/:name", read, peerings::read);
        on("DELETE", "/v1/peering/:name", write, peerings::delete);
        on("DELETE", "/v1/peering/:name/token", write, peerings::revokeToken);
        on("GET", "/v1/peerings", read, peerings::list);
        on("GET", "/v1/hansa/peerings", read, peerings::lines);
    }

    void config(ConfigResource config) {
        on("PUT", "/v1/config", Ask.theResource(), config::write);
        on("GET", "/v1/config/:kind", Ask.theResource(), config::list);
        on("DELETE", "/v1/config/:kind", Ask.writeEntry(), config::delete);
        on("GET", "/v1/config/:kind/:name", Ask.readEntry(), config::read);
        on("DELETE", "/v1/config/:kind/:name", Ask.writeEntry(), config::delete);
        on("GET", "/v1/hansa/config", Ask.theResource(), config::overview);
        on("PUT", "/v1/hansa/config/validate", Ask.theResource(), config::validate);
    }

    void catalog(CatalogResource catalog) {
        var visible = Ask.theResource();
        on("GET", "/v1/catalog/datacenters", Ask.nothing(), catalog::datacenters);
        on("GET", "/v1/catalog/nodes", visible, catalog::nodes);
        on("GET", "/v1/catalog/node/", visible, catalog::node);
        on("GET", "/v1/catalog/node/:node", visible, catalog::node);
        on("GET", "/v1/catalog/services", visible, catalog::services);
        on("GET", "/v1/catalog/service/", visible, catalog::service);
        on("GET", "/v1/catalog/service/:service", visible, catalog::service);
        on("GET", "/v1/catalog/connect/", visible, catalog::connect);
        on("GET", "/v1/catalog/connect/:service", visible, catalog::connect);
        on("GET", "/v1/catalog/node-services/", visible, catalog::nodeServices);
        on("GET", "/v1/catalog/node-services/:node", visible, catalog::nodeServices);
        on("GET", "/v1/imported-services", visible, catalog::importedNames);
        on("GET", "/v1/operator/usage", Ask.read(Resource.OPERATOR), catalog::usage);
        on("GET", "/v1/hansa/imported-services", visible, catalog::imported);
    }

    void registration(RegistrationResource registration) {
        on("PUT", "/v1/catalog/register", Ask.theResource(), registration::register);
        on("PUT", "/v1/catalog/deregister", Ask.theResource(), registration::deregister);
    }

    void health(HealthResource health) {
        var visible = Ask.theResource();
        on("GET", "/v1/health/service/", visible, health::service);
        on("GET", "/v1/health/service/:service", visible, health::service);
        on("GET", "/v1/health/connect/", visible, health::connect);
        on("GET", "/v1/health/connect/:service", visible, health::connect);
        on("GET", "/v1/health/ingress/", visible, health::ingress);
        on("GET", "/v1/health/ingress/:service", visible, health::ingress);
        on("GET", "/v1/health/checks/", visible, health::checks);
        on("GET", "/v1/health/checks/:service", visible, health::checks);
        on("GET", "/v1/health/node/", visible, health::node);
        on("GET", "/v1/health/node/:node", visible, health::node);
        on("GET", "/v1/health/state/", visible, health::state);
        on("GET", "/v1/health/state/:state", visible, health::state);
    }

    void agent(AgentResource agent, String node) {
        var visible = Ask.theResource();
        on(
                "GET",
                "/v1/agent/self",
                new Ask.Of(_ -> List.of(Need.read(Resource.AGENT, node))),
                agent::self);
        on("GET", "/v1/agent/version", Ask.something(), agent::version);
        on("GET", "/v1/agent/members", visible, agent::members);
        on("GET", "/v1/agent/services", visible, agent::services);
        on("GET", "/v1/agent/service/:id", visible, agent::service);
        on("GET", "/v1/agent/checks", visible, agent::checks);
        on("GET", "/v1/agent/health/service/id/:id", visible, agent::healthById);
        on("GET", "/v1/agent/health/service/name/:name", visible, agent::healthByName);
    }

    void agentServices(AgentServiceResource services) {
        var asks = Ask.theResource();
        on("PUT", "/v1/agent/service/register", asks, services::register);
        on("PUT", "/v1/agent/service/deregister/:id", asks, services::deregister);
        on("PUT", "/v1/agent/service/maintenance/", asks, services::maintenance);
        on("PUT", "/v1/agent/service/maintenance/:id", asks, services::maintenance);
        on("PUT", "/v1/agent/maintenance", asks, services::nodeMaintenance);
    }

    void agentChecks(AgentCheckResource checks) {
        var asks = Ask.theResource();
        on("PUT", "/v1/agent/check/register", asks, checks::register);
        on("PUT", "/v1/agent/check/deregister/:id", asks, checks::deregister);
        on("PUT", "/v1/agent/check/pass/:id", asks, checks::pass);
        on("PUT", "/v1/agent/check/warn/:id", asks, checks::warn);
        on("PUT", "/v1/agent/check/fail/:id", asks, checks::fail);
        on("PUT", "/v1/agent/check/update/:id", asks, checks::update);
    }

    void heartbeat(HeartbeatResource heartbeat) {
        on("PUT", "/v1/hansa/agent/heartbeat", Ask.theResource(), heartbeat::beat);
    }

    void discovery(DiscoveryChainResource chains) {
        on("GET", "/v1/discovery-chain/", Ask.readService(), chains::read);
        on("GET", "/v1/discovery-chain/:service", Ask.readService(), chains::read);
        on("POST", "/v1/discovery-chain/:service", Ask.readService(), chains::read);
    }

    void mesh(MeshResource mesh) {
        on("GET", "/v1/connect/ca/roots", Ask.nothing(), mesh::roots);
        on("GET", "/v1/agent/connect/ca/roots", Ask.nothing(), mesh::roots);
        on("GET", "/v1/exported-services", Ask.read(Resource.MESH), mesh::exported);
        on("GET", "/v1/hansa/peer-bundle/:name", Ask.read(Resource.PEERING), mesh::peerBundle);
        on("POST", "/v1/hansa/join-token", Ask.theResource(), mesh::issueJoinToken);
    }

    void intentions(IntentionResource intentions) {
        var asks = Ask.theResource();
        var read = Ask.intentions(false);
        var write = Ask.intentions(true);
        on("GET", "/v1/connect/intentions", asks, intentions::list);
        on("POST", "/v1/connect/intentions", asks, intentions::create);
        on("GET", "/v1/connect/intentions/exact", read, intentions::exact);
        on("PUT", "/v1/connect/intentions/exact", write, intentions::put);
        on("DELETE", "/v1/connect/intentions/exact", write, intentions::remove);
        on("GET", "/v1/connect/intentions/match", asks, intentions::match);
        on("GET", "/v1/connect/intentions/check", read, intentions::check);
        on("GET", "/v1/connect/intentions/:id", asks, intentions::byId);
        on("PUT", "/v1/connect/intentions/:id", asks, intentions::putById);
        on("DELETE", "/v1/connect/intentions/:id", asks, intentions::removeById);
        on("GET", "/v1/hansa/intention-denials", asks, intentions::denials);
    }

    void summary(SummaryResource summary) {
        on("GET", "/v1/hansa/services", Ask.theResource(), summary::services);
        on("GET", "/v1/hansa/changes", Ask.something(), summary::changes);
    }

    void authority(CaResource authority) {
        var read = Ask.read(Resource.CA);
        var write = Ask.write(Resource.CA);
        on("GET", "/v1/connect/ca/configuration", read, authority::configuration);
        on("PUT", "/v1/connect/ca/configuration", write, authority::configure);
        on("GET", "/v1/hansa/ca", read, authority::status);
        on("PUT", "/v1/hansa/ca/rotate", write, authority::rotate);
    }

    void failover(FailoverResource failover) {
        on("GET", "/v1/hansa/failovers", Ask.theResource(), failover::failovers);
        on("GET", "/v1/hansa/explain/:service", Ask.readService(), failover::explain);
        on("POST", "/v1/hansa/trace/:service", Ask.readService(), failover::trace);
        on("GET", "/v1/hansa/failover/readiness", Ask.theResource(), failover::readiness);
    }

    void topology(TopologyResource topology) {
        on("GET", "/v1/hansa/topology/:service", Ask.readService(), topology::read);
        on("POST", "/v1/hansa/topology/:service", Ask.readService(), topology::preview);
        on("GET", "/v1/hansa/traffic", Ask.read(Resource.PEERING), topology::traffic);
        on("GET", "/v1/hansa/proxies", Ask.theResource(), topology::certificates);
        on("GET", "/v1/hansa/proxies/:service", Ask.readService(), topology::proxies);
    }

    void controls(ControlResource controls) {
        on("GET", "/v1/hansa/failover/controls", Ask.theResource(), controls::list);
        on("POST", "/v1/hansa/failover/controls", Ask.theResource(), controls::order);
        on("DELETE", "/v1/hansa/failover/controls/:id", Ask.theResource(), controls::clear);
        on("GET", "/v1/hansa/failover/drills/:id", Ask.theResource(), controls::drill);
    }

    void members(OperatorResource operator) {
        var read = Ask.read(Resource.OPERATOR);
        var write = Ask.write(Resource.OPERATOR);
        on("GET", "/v1/operator/raft/configuration", read, operator::configuration);
        on("GET", "/v1/operator/autopilot/configuration", read, operator::autopilot);
        on("PUT", "/v1/operator/autopilot/configuration", write, operator::writeAutopilot);
        on("GET", "/v1/operator/autopilot/health", read, operator::health);
        on("GET", "/v1/operator/autopilot/state", read, operator::state);
        on("DELETE", "/v1/operator/raft/peer", write, operator::remove);
        on("POST", "/v1/operator/raft/transfer-leader", write, operator::transfer);
        on("GET", "/v1/status/leader", Ask.nothing(), operator::leader);
        on("GET", "/v1/status/peers", Ask.nothing(), operator::peers);
    }

    void audit(AuditResource audit) {
        var read = Ask.read(Resource.OPERATOR);
        on("GET", "/v1/hansa/audit", read, audit::list);
        on("GET", "/v1/hansa/audit/ends", read, audit::ends);
    }

    void history(HistoryResource history) {
        on("GET", "/v1/hansa/history", Ask.something(), history::list);
    }

    void acl(AclResources acl) {
        var tokens = acl.tokens();
        var policies = acl.policies();
        var methods = acl.methods();
        var rules = acl.rules();
        var read = Ask.read(Resource.ACL);
        var write = Ask.write(Resource.ACL);
        on("PUT", "/v1/acl/bootstrap", Ask.nothing(), tokens::bootstrap);
        on("PUT", "/v1/acl/token", write, tokens::create);
        on("GET", "/v1/acl/token/self", Ask.theResource(), tokens::self);
        on("GET", "/v1/acl/token/:accessor", read, tokens::read);
        on("PUT", "/v1/acl/token/:accessor", write, tokens::update);
        on("DELETE", "/v1/acl/token/:accessor", write, tokens::delete);
        on("PUT", "/v1/acl/token/:accessor/clone", write, tokens::copy);
        on("GET", "/v1/acl/tokens", read, tokens::list);
        on("PUT", "/v1/acl/policy", write, policies::create);
        on("GET", "/v1/acl/policy/:id", read, policies::read);
        on("PUT", "/v1/acl/policy/:id", write, policies::update);
        on("DELETE", "/v1/acl/policy/:id", write, policies::delete);
        on("GET", "/v1/acl/policy/name/:name", read, policies::byName);
        on("GET", "/v1/acl/policies", read, policies::list);
        on("PUT", "/v1/acl/auth-method", write, methods::create);
        on("GET", "/v1/acl/auth-method/:name", read, methods::read);
        on("PUT", "/v1/acl/auth-method/:name", write, methods::update);
        on("DELETE", "/v1/acl/auth-method/:name", write, methods::delete);
        on("GET", "/v1/acl/auth-methods", read, methods::list);
        on("PUT", "/v1/acl/binding-rule", write, rules::create);
        on("GET", "/v1/acl/binding-rule/:id", read, rules::read);
        on("PUT", "/v1/acl/binding-rule/:id", write, rules::update);
        on("DELETE", "/v1/acl/binding-rule/:id", write, rules::delete);
        on("GET", "/v1/acl/binding-rules", read, rules::list);
    }

    void logins(LoginResource logins) {
        on("POST", "/v1/acl/login", Ask.nothingOfAnyToken(), logins::login);
        on("POST", "/v1/acl/logout", Ask.theResource(), logins::logout);
    }

    /// What a server of this version answers is in its source, and so no secret; whoever makes a
    /// client needs it before he has a token.
    void document() {
        on("GET", "/v1/openapi.json", Ask.nothing(), OpenApi::answer);
    }
}
