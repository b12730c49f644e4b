package dev.hansa.exportedservices.filter;

import dev.hansa.exportedservices.ServiceInstance;

/// What a filter may ask of an instance, under the names of Consul's `/v1/health/service`, which
/// subsets use too.
public final class InstanceFields {
    public static final FilterFields<ServiceInstance> HEALTH =
            FilterFields.<ServiceInstance>none()
                    .text("Service.ID", ServiceInstance::id)
                    .text("Service.Service", ServiceInstance::name)
                    .text("Service.Kind", instance -> instance.kind().word())
                    .texts("Service.Tags", ServiceInstance::tags)
                    .table("Service.Meta", ServiceInstance::meta)
                    .text("Service.Address", ServiceInstance::address)
                    .whole("Service.Port", ServiceInstance::port)
                    .whole("Service.Weights.Passing", ServiceInstance::weightPassing)
                    .whole("Service.Weights.Warning", ServiceInstance::weightWarning)
                    .text("Node.ID", instance -> instance.node().id())
                    .text("Node.Node", instance -> instance.node().name())
                    .text("Node.Address", instance -> instance.node().address())
                    .text("Node.Datacenter", instance -> instance.node().datacenter())
                    .table("Node.TaggedAddresses", instance -> instance.node().taggedAddresses())
                    .table("Node.Meta", instance -> instance.node().meta());

    private InstanceFields() {}
}
