package dev.hansa.kubernetes.catalog;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.Optional;

/// What is known of a cluster at one moment.
public interface Seen {
    Optional<Service> service(KubeService service);

    List<EndpointSlice> slices(KubeService service);

    /// Services whose slices name a pod; those that are to be passed over are not among them.
    List<String> servicesOf(String namespace, String pod);

    Optional<InjectedPod> injected(String namespace, String pod);
}
