package dev.hansa.peering.cluster;

import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.trustbundle.Datacenter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One server of this datacenter, as the catalog shows it: an instance of the service `consul`, by
/// which Consul's clients look for servers. No other registration may have that name.
///
/// @param member its name among the members of the log
/// @param peers where it takes peer streams
/// @param proxies where it takes proxies
/// @param http where it takes operators
public record ServerInfo(
        String member, String node, Endpoint peers, Endpoint proxies, Endpoint http) {
    /// The service's name.
    public static final String SERVICE = "consul";

    /// What owners of servers begin with in the live catalog.
    public static final String OWNER = "server:";

    private static final String MEMBER = "hansa_member";
    private static final String PROXIES = "hansa_proxy_address";
    private static final String HTTP = "hansa_http_address";
    private static final String PEERS_PORT = "grpc_tls_port";
    private static final String ALIVE = "serfHealth";

    private static final Optional<CheckDefinition> OF_NODE =
            Optional.of(new CheckDefinition("", true, Optional.empty()));

    /// Tells one node from another, as Consul's agents have it; the same for ever, since it is made
    /// of what it is called.
    public static String nodeId(Datacenter datacenter, String node) {
        var hex =
                Sha256.hex(
                        ("node/" + datacenter.name() + "/" + node)
                                .getBytes(StandardCharsets.UTF_8));
        return String.join(
                "-",
                hex.substring(0, 8),
                hex.substring(8, 12),
                hex.substring(12, 16),
                hex.substring(16, 20),
                hex.substring(20, 32));
    }

    /// What a server's node says of itself under Consul's names; of the network's segments there
    /// are none.
    public static Map<String, String> nodeMeta() {
        return Map.of("consul-network-segment", "", "consul-version", consulVersion());
    }

    /// The version of Consul whose API this is like, with our own as what a version says of its
    /// build: clients such as Nomad ask for one that is not too old before they do anything.
    public static String consulVersion() {
        return "1.21.0+hansa." + version();
    }

    public static String version() {
        var version = ServerInfo.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0" : version;
    }

    public String owner() {
        return OWNER + member;
    }

    /// @param problem why it is not to be used; empty when it is
    public ServiceInstance instance(Datacenter datacenter, Optional<String> problem) {
        return new ServiceInstance(
                new NodeRecord(
                        nodeId(datacenter, node),
                        node,
                        peers.host(),
                        datacenter.name(),
                        Map.of(),
                        nodeMeta()),
                SERVICE,
                SERVICE,
                ServiceKind.TYPICAL,
                List.of(),
                peers.host(),
                peers.port(),
                Map.of(),
                Map.of(
                        PEERS_PORT,
                        String.valueOf(peers.port()),
                        MEMBER,
                        member,
                        PROXIES,
                        proxies.toString(),
                        HTTP,
                        http.toString()),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(
                        new HealthCheck(
                                ALIVE,
                                "server alive",
                                problem.isEmpty() ? CheckStatus.PASSING : CheckStatus.CRITICAL,
                                problem.orElse("this server answers"),
                                "",
                                OF_NODE)),
                0,
                0);
    }

    /// All servers that the catalog shows, alive or not, by node.
    public static List<ServerInfo> in(CatalogSnapshot catalog) {
        return catalog.named(SERVICE).stream()
                .filter(one -> one.meta().containsKey(MEMBER))
                .map(one ->
                        new ServerInfo(
                                one.meta().get(MEMBER),
                                one.node().name(),
                                new Endpoint(one.address(), one.port()),
                                Endpoint.parse(one.meta().getOrDefault(PROXIES, "")),
                                Endpoint.parse(one.meta().getOrDefault(HTTP, ""))))
                .toList();
    }
}
