package dev.hansa.kubernetes;

import dev.hansa.kubernetes.catalog.InjectedPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Does in namespace `shop` what kubelets, an injector and the endpoint slice controller do.
final class TestingPods {
    static final String NAMESPACE = "shop";

    private final KubernetesClient client;
    private final String machine;

    /// @param machine that the pods run on
    TestingPods(KubernetesClient client, String machine) {
        this.client = client;
        this.machine = machine;
    }

    void service(String name, Map<String, String> annotations) {
        service(name, annotations, List.of());
    }

    /// @param clusterIps as its cluster has given it
    void service(String name, Map<String, String> annotations, List<String> clusterIps) {
        client.resource(
                        new ServiceBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .withNamespace(NAMESPACE)
                                .withAnnotations(annotations)
                                .endMetadata()
                                .withNewSpec()
                                .addToSelector("app", name)
                                .withClusterIPs(clusterIps)
                                .addNewPort()
                                .withName("http")
                                .withPort(80)
                                .endPort()
                                .addNewPort()
                                .withName("metrics")
                                .withPort(9090)
                                .endPort()
                                .endSpec()
                                .build())
                .createOr(existing -> existing.update());
    }

    /// One in the mesh, with as many ports as `ports` from 80 on, which all lead to its
    /// application.
    void meshed(String name, int ports, String... clusterIps) {
        var all =
                IntStream.range(0, ports)
                        .mapToObj(i ->
                                new ServicePortBuilder()
                                        .withName("port-" + i)
                                        .withPort(80 + i)
                                        .build())
                        .toList();
        client.resource(
                        new ServiceBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .withNamespace(NAMESPACE)
                                .endMetadata()
                                .withNewSpec()
                                .addToSelector("app", name)
                                .withClusterIPs(clusterIps)
                                .withPorts(all)
                                .endSpec()
                                .build())
                .createOr(existing -> existing.update());
        pod(name + "-1", name, true, Map.of());
        client.resource(
                        new EndpointSliceBuilder()
                                .withNewMetadata()
                                .withName(name + "-slice")
                                .withNamespace(NAMESPACE)
                                .addToLabels("kubernetes.io/service-name", name)
                                .endMetadata()
                                .withAddressType("IPv4")
                                .withEndpoints(ready(name + "-1", "192.0.2.7"))
                                .withPorts(
                                        all.stream()
                                                .map(one ->
                                                        new EndpointPortBuilder()
                                                                .withName(one.getName())
                                                                .withPort(8080)
                                                                .build())
                                                .toList())
                                .build())
                .createOr(existing -> existing.update());
    }

    void deleteService(String name) {
        client.services().inNamespace(NAMESPACE).withName(name).delete();
        client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace(NAMESPACE)
                .withName(name + "-slice")
                .delete();
    }

    /// One with a sidecar.
    Pod pod(String name, String app, boolean isReady, Map<String, String> annotations) {
        return client.resource(
                        new PodBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .withNamespace(NAMESPACE)
                                .withCreationTimestamp(Instant.now().minusSeconds(60).toString())
                                .addToLabels(InjectedPod.LABEL, InjectedPod.INJECTED)
                                .addToLabels("app", app)
                                .withAnnotations(annotations)
                                .endMetadata()
                                .withNewSpec()
                                .withNodeName(machine)
                                .withServiceAccountName(app)
                                .addNewContainer()
                                .withName("app")
                                .withImage("app")
                                .addNewPort()
                                .withName("named")
                                .withContainerPort(9000)
                                .endPort()
                                .endContainer()
                                .endSpec()
                                .withNewStatus()
                                .addNewCondition()
                                .withType("Ready")
                                .withStatus(isReady ? "True" : "False")
                                .endCondition()
                                .endStatus()
                                .build())
                .createOr(existing -> existing.update());
    }

    void delete(String pod) {
        client.pods().inNamespace(NAMESPACE).withName(pod).withGracePeriod(0).delete();
    }

    static Endpoint ready(String pod, String address) {
        return endpoint(pod, address, true, true, false);
    }

    static Endpoint endpoint(
            String pod, String address, boolean ready, boolean serving, boolean terminating) {
        return new EndpointBuilder()
                .withAddresses(address)
                .withNewConditions()
                .withReady(ready)
                .withServing(serving)
                .withTerminating(terminating)
                .endConditions()
                .withNewTargetRef()
                .withKind("Pod")
                .withName(pod)
                .withNamespace(NAMESPACE)
                .endTargetRef()
                .build();
    }

    /// Replaces the endpoints of a Service.
    void slice(String service, Endpoint... endpoints) {
        slice(service, Arrays.asList(endpoints));
    }

    void slice(String service, List<Endpoint> endpoints) {
        client.resource(
                        new EndpointSliceBuilder()
                                .withNewMetadata()
                                .withName(service + "-slice")
                                .withNamespace(NAMESPACE)
                                .addToLabels("kubernetes.io/service-name", service)
                                .endMetadata()
                                .withAddressType("IPv4")
                                .withEndpoints(endpoints)
                                .addNewPort()
                                .withName("http")
                                .withPort(8080)
                                .endPort()
                                .build())
                .createOr(existing -> existing.update());
    }
}
