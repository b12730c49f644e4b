package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.FailoverPolicy.Subset;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.TrustBundle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// `/v1/discovery-chain`: where calls to a service go, as the config entries say. There is one
/// resolver in each chain, since sidecars read no requests that could be routed or split.
final class DiscoveryChainResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> MODES = List.of("", "none", "local", "remote");
    private static final List<String> PROTOCOLS = List.of("", "tcp", "http", "http2", "grpc");

    private final ApiSettings settings;
    private final Store store;
    private final Supplier<TrustBundle> bundle;
    private final BlockingReads reads;

    DiscoveryChainResource(
            ApiSettings settings, Store store, Supplier<TrustBundle> bundle, BlockingReads reads) {
        this.settings = settings;
        this.store = store;
        this.bundle = bundle;
        this.reads = reads;
    }

    /// What the caller wants to see instead of what is configured.
    private record Overrides(String protocol, Duration connectTimeout, String gatewayMode) {
        static final Overrides NONE = new Overrides("", Duration.ZERO, "");

        boolean isNone() {
            return equals(NONE);
        }
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        if (request.part("service").isEmpty()) {
            throw RefusedRequestException.bad("Missing chain name");
        }
        var service = request.service("service");
        var datacenter = request.parameter("compile-dc").orElse("");
        if (!datacenter.isEmpty() && !datacenter.equals(settings.datacenter().name())) {
            throw new RefusedRequestException(500, "No path to datacenter");
        }
        var overrides = overrides(request);
        return reads.read(request, Scope.CONFIG, () -> ApiAnswer.json(chain(service, overrides)));
    }

    private static Overrides overrides(ApiRequest request) throws RefusedRequestException {
        if (request.body().isBlank()) {
            return Overrides.NONE;
        }
        var body =
                JsonFields.read(request.body(), "Request decoding failed")
                        .only(
                                List.of(
                                        "OverrideProtocol",
                                        "OverrideConnectTimeout",
                                        "OverrideMeshGateway"));
        var gateway = body.fields("OverrideMeshGateway");
        var mode = gateway.isPresent() ? gateway.get().text("Mode") : "";
        if (!MODES.contains(mode)) {
            throw RefusedRequestException.bad("Invalid OverrideMeshGateway.Mode parameter");
        }
        var protocol = body.text("OverrideProtocol");
        if (!PROTOCOLS.contains(protocol)) {
            throw RefusedRequestException.bad(
                    "OverrideProtocol: expected tcp, http, http2 or grpc; found '"
                            + ForeignText.shown(protocol)
                            + "'");
        }
        return new Overrides(protocol, timeout(body), mode);
    }

    private static Duration timeout(JsonFields body) throws RefusedRequestException {
        var text = body.duration("OverrideConnectTimeout");
        var timeout = text.isEmpty() ? Duration.ZERO : ApiRequest.read(text, GoDuration::parse);
        return timeout.isNegative() ? Duration.ZERO : timeout;
    }

    private ObjectNode chain(ServiceName service, Overrides overrides) {
        var state = store.now();
        var policies = ConfigEntries.failoverPolicies(state);
        var end = end(policies, service);
        var targets = new ArrayList<>(List.of(end.first()));
        end.others().stream().filter(one -> !targets.contains(one)).forEach(targets::add);
        var compiled = JSON.objectNode();
        var chain = compiled.putObject("Chain");
        var start = "resolver:" + id(end.first());
        chain.put("ServiceName", service.value())
                .put("Namespace", "default")
                .put("Partition", "default")
                .put("Datacenter", settings.datacenter().name());
        if (!overrides.isNone()) {
            chain.put("CustomizationHash", Integer.toHexString(overrides.hashCode()));
        }
        var isDefault = isDefault(state, service) && end.others().isEmpty();
        if (isDefault) {
            chain.put("Default", true);
        }
        chain.put(
                        "Protocol",
                        overrides.protocol().isEmpty()
                                ? ConfigEntries.protocol(state, service)
                                : overrides.protocol())
                .put("StartNode", start);
        var node = chain.putObject("Nodes").putObject(start);
        node.put("Type", "resolver").put("Name", id(end.first()));
        var timeout =
                overrides.connectTimeout().isZero()
                        ? end.connectTimeout()
                        : overrides.connectTimeout();
        var resolver = node.putObject("Resolver");
        if (isDefault) {
            resolver.put("Default", true);
        }
        resolver.put("ConnectTimeout", GoDuration.format(timeout)).put("Target", id(end.first()));
        if (targets.size() > 1) {
            var failover = resolver.putObject("Failover").putArray("Targets");
            targets.stream().skip(1).forEach(one -> failover.add(id(one)));
        }
        var all = chain.putObject("Targets");
        for (var target : targets) {
            all.set(id(target), target(policies, target, timeout, overrides));
        }
        var virtual = state.virtual().of(new UpstreamName(service, Optional.empty()));
        if (virtual.isPresent()) {
            chain.putArray("AutoVirtualIPs").add(virtual.get().toString());
        } else {
            chain.putNull("AutoVirtualIPs");
        }
        var manual = ConfigEntries.clusterIps(state).addressesOf(service);
        if (manual.isEmpty()) {
            chain.putNull("ManualVirtualIPs");
        } else {
            manual.forEach(chain.putArray("ManualVirtualIPs")::add);
        }
        return compiled;
    }

    /// Where redirects end.
    ///
    /// @param others to fail over to, in order
    private record End(Destination first, List<Destination> others, Duration connectTimeout) {}

    private static End end(Function<ServiceName, FailoverPolicy> policies, ServiceName service) {
        var seen = new HashSet<ServiceName>();
        var at = new Destination(service, Optional.empty());
        var policy = policies.apply(service);
        while (seen.add(at.service()) && !policy.redirect().isEmpty()) {
            var next = policy.redirect().getFirst();
            if (policy.redirect().size() > 1 || next.peer().isPresent()) {
                return new End(
                        next, policy.redirect().stream().skip(1).toList(), policy.connectTimeout());
            }
            at = next;
            policy = policies.apply(next.service());
        }
        var subset = at.subset().isEmpty() ? policy.defaultSubset() : at.subset();
        var first = new Destination(at.service(), subset, Optional.empty());
        // a target of the same service without a subset means the same subset
        var others =
                policy.failover(subset).stream()
                        .map(one ->
                                one.subset().isEmpty()
                                                && one.peer().isEmpty()
                                                && one.service().equals(first.service())
                                        ? first
                                        : one)
                        .toList();
        return new End(first, others, policy.connectTimeout());
    }

    private static boolean isDefault(StoreState state, ServiceName service) {
        return List.of("service-resolver", "service-router", "service-splitter").stream()
                .noneMatch(kind -> state.config(kind, service.value()).isPresent());
    }

    private String id(Destination target) {
        return target.peer()
                .map(peer -> target.service().value() + ".default.default.external." + peer.value())
                .orElseGet(() ->
                        (target.subset().isEmpty() ? "" : target.subset() + ".")
                                + target.service().value()
                                + ".default.default."
                                + settings.datacenter().name());
    }

    private ObjectNode target(
            Function<ServiceName, FailoverPolicy> policies,
            Destination target,
            Duration timeout,
            Overrides overrides) {
        var json = JSON.objectNode().put("ID", id(target)).put("Service", target.service().value());
        if (!target.subset().isEmpty()) {
            json.put("ServiceSubset", target.subset());
        }
        json.put("Namespace", "default").put("Partition", "default");
        if (target.peer().isEmpty()) {
            json.put("Datacenter", settings.datacenter().name());
        }
        target.peer().ifPresent(peer -> json.put("Peer", peer.value()));
        var gateway = json.putObject("MeshGateway");
        if (!overrides.gatewayMode().isEmpty()) {
            gateway.put("Mode", overrides.gatewayMode());
        }
        var subset =
                policies.apply(target.service())
                        .subsets()
                        .getOrDefault(target.subset(), Subset.ALL);
        var filter = json.putObject("Subset");
        if (target.peer().isEmpty()) {
            subset.filter().ifPresent(asked -> filter.put("Filter", asked.text()));
            if (subset.onlyPassing()) {
                filter.put("OnlyPassing", true);
            }
        }
        json.putObject("TransparentProxy");
        json.put("ConnectTimeout", GoDuration.format(timeout));
        if (target.peer().isEmpty()) {
            var name =
                    (target.subset().isEmpty() ? "" : target.subset() + ".")
                            + target.service().value()
                            + ".default."
                            + settings.datacenter().name()
                            + ".internal."
                            + bundle.get().trustDomain().name();
            json.put("SNI", name).put("Name", name);
        }
        return json;
    }
}
