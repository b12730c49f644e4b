package dev.hansa.peering.api;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.exportedservices.filter.Filter;
import dev.hansa.exportedservices.filter.FilterFields;
import dev.hansa.exportedservices.filter.InstanceFields;
import dev.hansa.exportedservices.filter.InvalidFilterException;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/// What `?filter=` may ask of the items of each list, under the names that the items' fields have,
/// and what else callers leave items out by.
final class ListFilters {
    /// An instance with one of its checks.
    record Checked(ServiceInstance instance, HealthCheck check) {}

    /// Items of `/v1/health/service`.
    static final FilterFields<ServiceInstance> HEALTH =
            InstanceFields.HEALTH
                    .flag("Service.Connect.Native", ListFilters::isNative)
                    .text("Service.Proxy.DestinationServiceName", ListFilters::destination)
                    .texts("Checks", instance -> ids(instance, HealthCheck::id))
                    .each("Checks.CheckID", instance -> ids(instance, HealthCheck::id))
                    .each("Checks.Name", instance -> ids(instance, HealthCheck::name))
                    .each("Checks.Status", instance -> ids(instance, one -> one.status().word()))
                    .each("Checks.Output", instance -> ids(instance, HealthCheck::output))
                    .each("Checks.Type", instance -> ids(instance, HealthCheck::type));

    /// Items of `/v1/catalog/service`.
    static final FilterFields<ServiceInstance> CATALOG =
            FilterFields.<ServiceInstance>none()
                    .text("ID", instance -> instance.node().id())
                    .text("Node", instance -> instance.node().name())
                    .text("Address", instance -> instance.node().address())
                    .text("Datacenter", instance -> instance.node().datacenter())
                    .table("TaggedAddresses", instance -> instance.node().taggedAddresses())
                    .table("NodeMeta", instance -> instance.node().meta())
                    .text("ServiceKind", instance -> instance.kind().word())
                    .text("ServiceID", ServiceInstance::id)
                    .text("ServiceName", ServiceInstance::name)
                    .texts("ServiceTags", ServiceInstance::tags)
                    .text("ServiceAddress", ServiceInstance::address)
                    .table("ServiceMeta", ServiceInstance::meta)
                    .whole("ServicePort", ServiceInstance::port)
                    .whole("ServiceWeights.Passing", ServiceInstance::weightPassing)
                    .whole("ServiceWeights.Warning", ServiceInstance::weightWarning)
                    .flag("ServiceEnableTagOverride", ListFilters::isTagOverridden)
                    .flag("ServiceConnect.Native", ListFilters::isNative)
                    .text("ServiceProxy.DestinationServiceName", ListFilters::destination);

    /// A service alone: what an agent and a node list.
    static final FilterFields<ServiceInstance> SERVICE =
            FilterFields.<ServiceInstance>none()
                    .text("ID", ServiceInstance::id)
                    .text("Service", ServiceInstance::name)
                    .text("Kind", instance -> instance.kind().word())
                    .texts("Tags", ServiceInstance::tags)
                    .table("Meta", ServiceInstance::meta)
                    .text("Address", ServiceInstance::address)
                    .whole("Port", ServiceInstance::port)
                    .whole("Weights.Passing", ServiceInstance::weightPassing)
                    .whole("Weights.Warning", ServiceInstance::weightWarning)
                    .flag("EnableTagOverride", ListFilters::isTagOverridden)
                    .flag("Connect.Native", ListFilters::isNative)
                    .text("Proxy.DestinationServiceName", ListFilters::destination);

    static final FilterFields<NodeRecord> NODE =
            FilterFields.<NodeRecord>none()
                    .text("ID", NodeRecord::id)
                    .text("Node", NodeRecord::name)
                    .text("Address", NodeRecord::address)
                    .text("Datacenter", NodeRecord::datacenter)
                    .table("TaggedAddresses", NodeRecord::taggedAddresses)
                    .table("Meta", NodeRecord::meta);

    static final FilterFields<Checked> CHECK =
            FilterFields.<Checked>none()
                    .text("Node", one -> one.instance().node().name())
                    .text("CheckID", one -> one.check().id())
                    .text("Name", one -> one.check().name())
                    .text("Status", one -> one.check().status().word())
                    .text(
                            "Notes",
                            one -> one.check().definition().map(CheckDefinition::notes).orElse(""))
                    .text("Output", one -> one.check().output())
                    .text("Type", one -> one.check().type())
                    .text("ServiceID", one -> ofService(one, one.instance().id()))
                    .text("ServiceName", one -> ofService(one, one.instance().name()))
                    .texts(
                            "ServiceTags",
                            one -> one.check().isOfNode() ? List.of() : one.instance().tags());

    private ListFilters() {}

    private static boolean isTagOverridden(ServiceInstance instance) {
        return instance.remarks().map(Remarks::tagOverride).orElse(false);
    }

    private static boolean isNative(ServiceInstance instance) {
        return instance.remarks().map(Remarks::speaksMesh).orElse(false);
    }

    private static String destination(ServiceInstance instance) {
        return instance.destination().map(ServiceName::value).orElse("");
    }

    private static List<String> ids(ServiceInstance instance, Function<HealthCheck, String> of) {
        return instance.checks().stream().map(of).toList();
    }

    private static String ofService(Checked one, String name) {
        return one.check().isOfNode() ? "" : name;
    }

    /// What the caller's `filter` lets through; everything without one.
    static <T> Predicate<T> of(ApiRequest request, FilterFields<T> fields)
            throws RefusedRequestException {
        var text = request.parameter("filter").orElse("");
        if (text.isBlank()) {
            return _ -> true;
        }
        try {
            return Filter.parse(text, fields)::matches;
        } catch (InvalidFilterException e) {
            throw RefusedRequestException.bad("filter: " + e.sentence());
        }
    }

    /// What each `node-meta=key:value` lets through.
    static Predicate<NodeRecord> nodeMeta(ApiRequest request) {
        var wanted = request.parameters("node-meta");
        return node ->
                wanted.stream()
                        .allMatch(pair -> {
                            var colon = pair.indexOf(':');
                            var key = colon < 0 ? pair : pair.substring(0, colon);
                            var value = colon < 0 ? "" : pair.substring(colon + 1);
                            return value.equals(node.meta().get(key));
                        });
    }

    /// What has every `tag`, in capitals or not, as Consul has it.
    static Predicate<ServiceInstance> tags(ApiRequest request) {
        var wanted = request.parameters("tag");
        return instance ->
                wanted.stream()
                        .allMatch(tag -> instance.tags().stream().anyMatch(tag::equalsIgnoreCase));
    }
}
