package dev.hansa.kubernetes;

import dev.hansa.kubernetes.catalog.Marks;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/// What is watched, without what nobody here asks for: managed fields, the configuration that was
/// last applied and a pod's volumes are most of an object, and there are thousands.
final class LeanStore<T extends HasMetadata> extends BasicItemStore<T> {
    private final UnaryOperator<T> lean;

    LeanStore(UnaryOperator<T> lean) {
        super(Cache::metaNamespaceKeyFunc);
        this.lean = lean;
    }

    @Override
    public T put(String key, T object) {
        return super.put(key, lean.apply(object));
    }

    /// Who has set which field is asked by nobody here.
    static <T extends HasMetadata> T unmanaged(T object) {
        object.getMetadata().setManagedFields(List.of());
        return object;
    }

    static Service service(Service whole) {
        var lean = new ServiceBuilder().withMetadata(meta(whole.getMetadata()));
        var spec = whole.getSpec();
        return spec == null
                ? lean.build()
                : lean.withNewSpec()
                        .withSelector(spec.getSelector())
                        .withPorts(spec.getPorts())
                        .withIpFamilies(spec.getIpFamilies())
                        .withClusterIPs(spec.getClusterIPs())
                        .endSpec()
                        .build();
    }

    static EndpointSlice slice(EndpointSlice whole) {
        var meta = meta(whole.getMetadata());
        whole.setMetadata(meta);
        return whole;
    }

    static Pod pod(Pod whole) {
        var spec = whole.getSpec();
        var status = whole.getStatus();
        var lean = new PodBuilder().withMetadata(meta(whole.getMetadata()));
        if (spec != null) {
            lean.withNewSpec()
                    .withServiceAccountName(spec.getServiceAccountName())
                    .withNodeName(spec.getNodeName())
                    .withContainers(
                            Objects.requireNonNullElse(spec.getContainers(), List.<Container>of())
                                    .stream()
                                    .map(one ->
                                            new ContainerBuilder()
                                                    .withName(one.getName())
                                                    .withPorts(one.getPorts())
                                                    .build())
                                    .toList())
                    .endSpec();
        }
        if (status != null) {
            lean.withNewStatus()
                    .withConditions(
                            status.getConditions().stream()
                                    .filter(one -> "Ready".equals(one.getType()))
                                    .toList())
                    .endStatus();
        }
        return lean.build();
    }

    private static ObjectMeta meta(ObjectMeta whole) {
        return new ObjectMetaBuilder()
                .withName(whole.getName())
                .withNamespace(whole.getNamespace())
                .withUid(whole.getUid())
                .withResourceVersion(whole.getResourceVersion())
                .withCreationTimestamp(whole.getCreationTimestamp())
                .withDeletionTimestamp(whole.getDeletionTimestamp())
                .withLabels(whole.getLabels())
                .withAnnotations(
                        Marks.own(Objects.requireNonNullElse(whole.getAnnotations(), Map.of())))
                .build();
    }
}
