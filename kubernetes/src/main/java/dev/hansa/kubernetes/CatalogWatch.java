package dev.hansa.kubernetes;

import dev.hansa.kubernetes.catalog.InjectedPod;
import dev.hansa.kubernetes.catalog.Instances;
import dev.hansa.kubernetes.catalog.KubeService;
import dev.hansa.kubernetes.catalog.Seen;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What is known of endpoint slices and of pods that have a sidecar. An event says only that a
/// Service is to be looked at.
final class CatalogWatch implements Seen, AutoCloseable {
    private static final String SERVICE_LABEL = "kubernetes.io/service-name";
    private static final String BY_SERVICE = "service";
    private static final String BY_POD = "pod";

    private final Cluster cluster;
    private final List<SharedIndexInformer<EndpointSlice>> slices = new ArrayList<>();
    private final List<SharedIndexInformer<Pod>> pods = new ArrayList<>();

    /// @param namespaces those that are watched; none: all
    /// @param changed told of each Service whose instances may be others
    /// @param failed told of a watch that ended by itself; it begins anew
    CatalogWatch(
            KubernetesClient client,
            Set<String> namespaces,
            Cluster cluster,
            Consumer<KubeService> changed,
            Consumer<String> failed) {
        this.cluster = cluster;
        for (var namespace : namespaces.isEmpty() ? Set.of("") : namespaces) {
            var allSlices = client.discovery().v1().endpointSlices();
            var slice =
                    namespace.isEmpty()
                            ? allSlices.inAnyNamespace().runnableInformer(0)
                            : allSlices.inNamespace(namespace).runnableInformer(0);
            slice.itemStore(new LeanStore<>(LeanStore::slice));
            slice.addIndexers(
                    Map.of(
                            BY_SERVICE,
                            one -> service(one).map(KubeService::toString).stream().toList(),
                            BY_POD,
                            CatalogWatch::podsOf));
            slice.addEventHandler(
                    new Told<EndpointSlice>((old, now) ->
                            Stream.of(old, now).forEach(one -> toldOf(one, changed))));
            slice.exceptionHandler((_, cause) -> {
                failed.accept("endpointslices.discovery.k8s.io: " + cause);
                return true;
            });
            slices.add(slice);
            var pod =
                    namespace.isEmpty()
                            ? client.pods()
                                    .inAnyNamespace()
                                    .withLabel(InjectedPod.LABEL, InjectedPod.INJECTED)
                                    .runnableInformer(0)
                            : client.pods()
                                    .inNamespace(namespace)
                                    .withLabel(InjectedPod.LABEL, InjectedPod.INJECTED)
                                    .runnableInformer(0);
            pod.itemStore(new LeanStore<>(LeanStore::pod));
            pod.addEventHandler(
                    new Told<Pod>((old, now) -> {
                        if (old == now || !InjectedPod.of(old).equals(InjectedPod.of(now))) {
                            selecting(pod(now)).forEach(changed);
                        }
                    }));
            pod.exceptionHandler((_, cause) -> {
                failed.accept("pods: " + cause);
                return true;
            });
            pods.add(pod);
        }
    }

    /// Begins; the fields are whole by now.
    CatalogWatch start() {
        slices.forEach(SharedIndexInformer::start);
        pods.forEach(SharedIndexInformer::start);
        return this;
    }

    int watches() {
        return slices.size() + pods.size();
    }

    /// Those that have begun and have not ended since.
    int synced() {
        return Math.toIntExact(
                Stream.concat(slices.stream(), pods.stream()).filter(Cluster::goesOn).count());
    }

    /// Whether all is known that there was once: what is not known must not fall out of the
    /// catalog.
    boolean isKnown() {
        return Stream.concat(slices.stream(), pods.stream())
                        .allMatch(SharedIndexInformer::hasSynced)
                && cluster.knowsServices();
    }

    private void toldOf(EndpointSlice slice, Consumer<KubeService> changed) {
        service(slice).ifPresent(changed);
        // whether a pod is one of several Services' may be another question now
        podsOf(slice).stream().flatMap(this::selecting).distinct().forEach(changed);
    }

    private static Optional<KubeService> service(EndpointSlice slice) {
        var labels =
                Objects.requireNonNullElse(
                        slice.getMetadata().getLabels(), Map.<String, String>of());
        return Optional.ofNullable(labels.get(SERVICE_LABEL))
                .map(name -> new KubeService(namespace(slice), name));
    }

    private static String namespace(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getNamespace(), "");
    }

    private static String pod(Pod pod) {
        return namespace(pod) + "/" + pod.getMetadata().getName();
    }

    private static List<String> podsOf(EndpointSlice slice) {
        return endpoints(slice)
                .map(Endpoint::getTargetRef)
                .filter(target -> target != null && "Pod".equals(target.getKind()))
                .map(target -> namespace(slice) + "/" + target.getName())
                .distinct()
                .toList();
    }

    private static Stream<Endpoint> endpoints(EndpointSlice slice) {
        return Objects.requireNonNullElse(slice.getEndpoints(), List.<Endpoint>of()).stream();
    }

    private Stream<KubeService> selecting(String pod) {
        return slices.stream()
                .flatMap(informer -> informer.getIndexer().byIndex(BY_POD, pod).stream())
                .flatMap(slice -> service(slice).stream())
                .distinct();
    }

    @Override
    public Optional<Service> service(KubeService service) {
        return cluster.service(service);
    }

    @Override
    public List<EndpointSlice> slices(KubeService service) {
        return slices.stream()
                .flatMap(informer ->
                        informer.getIndexer().byIndex(BY_SERVICE, service.toString()).stream())
                .toList();
    }

    @Override
    public List<String> servicesOf(String namespace, String pod) {
        return selecting(namespace + "/" + pod)
                .filter(one ->
                        service(one).filter(there -> !Instances.isIgnored(there)).isPresent())
                .map(KubeService::name)
                .toList();
    }

    @Override
    public Optional<InjectedPod> injected(String namespace, String pod) {
        return pods.stream()
                .map(informer ->
                        informer.getStore().getByKey(Cache.namespaceKeyFunc(namespace, pod)))
                .filter(Objects::nonNull)
                .findFirst()
                .map(InjectedPod::of);
    }

    /// All that are known.
    Stream<InjectedPod> injected() {
        return pods.stream()
                .flatMap(informer -> informer.getStore().list().stream())
                .map(InjectedPod::of);
    }

    /// Whether a Service selects it, be it in a slice yet or not.
    boolean isSelected(InjectedPod pod) {
        return selecting(pod.namespace() + "/" + pod.name()).findAny().isPresent()
                || cluster.services(pod.namespace()).stream()
                        .filter(service -> service.getSpec() != null)
                        .map(service ->
                                Objects.requireNonNullElse(
                                        service.getSpec().getSelector(), Map.<String, String>of()))
                        .anyMatch(selector ->
                                !selector.isEmpty()
                                        && pod.labels()
                                                .entrySet()
                                                .containsAll(selector.entrySet()));
    }

    /// The machines that slices name.
    Set<String> machines() {
        var machines = new HashSet<String>();
        slices.stream()
                .flatMap(informer -> informer.getStore().list().stream())
                .flatMap(CatalogWatch::endpoints)
                .map(endpoint -> Objects.requireNonNullElse(endpoint.getNodeName(), ""))
                .forEach(machines::add);
        injected().forEach(pod -> machines.add(pod.node()));
        return machines;
    }

    @Override
    public void close() {
        slices.forEach(SharedIndexInformer::stop);
        pods.forEach(SharedIndexInformer::stop);
    }

    /// Each change as what there was and what there is, the same twice where there is one of them.
    private record Told<T>(BiConsumer<T, T> changes) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T added) {
            changes.accept(added, added);
        }

        @Override
        public void onUpdate(T old, T now) {
            changes.accept(old, now);
        }

        @Override
        public void onDelete(T gone, boolean unknown) {
            changes.accept(gone, gone);
        }
    }
}
