package dev.hansa.kubernetes;

import dev.hansa.kubernetes.catalog.KubeService;
import dev.hansa.kubernetes.lease.Fence;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the operator sees of its Kubernetes cluster, and writes there. What is watched says when to
/// look; what is decided upon is read then. Each write asks the fence first.
final class Cluster implements AutoCloseable {
    /// The longest that a request to the API server takes (see [Operator#client]).
    static final Duration LONGEST = Duration.ofSeconds(8);

    private static final int NOT_FOUND = 404;

    private final KubernetesClient client;
    private final Set<String> namespaces;
    private final List<ApiGroup> groups;
    private final Fence fence;
    private final CustomWatch objects;
    private final List<SharedIndexInformer<Service>> services = new ArrayList<>();

    /// Nothing before it is watched.
    private Runnable look = () -> {};

    /// @param namespaces those that are watched; none: all
    Cluster(KubernetesClient client, Set<String> namespaces, List<ApiGroup> groups, Fence fence) {
        this.client = client;
        this.namespaces = Set.copyOf(namespaces);
        this.groups = List.copyOf(groups);
        this.fence = fence;
        this.objects = new CustomWatch(client, this.namespaces, this.groups);
    }

    /// What no two clusters have in common, however they are named.
    ///
    /// @throws IllegalStateException when there is none, or this operator may not read it
    static String uid(KubernetesClient client) {
        try {
            var namespace = client.namespaces().withName("kube-system").get();
            if (namespace != null && namespace.getMetadata().getUid() != null) {
                return namespace.getMetadata().getUid();
            }
        } catch (KubernetesClientException e) {
            throw new IllegalStateException(
                    "namespace kube-system: expected its uid; found HTTP "
                            + e.getCode()
                            + " (403: the ServiceAccount may not get it)",
                    e);
        }
        throw new IllegalStateException("namespace kube-system: expected its uid; found none");
    }

    /// Begins to watch; what changes is told to `changes` as what it was and what it is.
    ///
    /// @param services told of each Service of Kubernetes that comes, goes or is changed
    /// @param failed told of a watch that ended by itself; it begins anew
    void watch(
            BiConsumer<Optional<Custom>, Custom> changes,
            ServiceListener services,
            Consumer<String> failed) {
        look = () -> objects.look(changes, failed);
        look();
        for (var namespace : namespaces.isEmpty() ? Set.of("") : namespaces) {
            var informer =
                    namespace.isEmpty()
                            ? client.services().inAnyNamespace().runnableInformer(0)
                            : client.services().inNamespace(namespace).runnableInformer(0);
            informer.itemStore(new LeanStore<>(LeanStore::service));
            informer.addEventHandler(new ServiceTold(services));
            informer.exceptionHandler((_, cause) -> {
                failed.accept("services: " + cause);
                return true;
            });
            this.services.add(informer);
            informer.start();
        }
    }

    /// Whether there are kinds of which nobody has said whether they are there.
    boolean hasUnanswered() {
        return objects.hasUnanswered();
    }

    /// Takes up the kinds that the cluster has by now.
    void look() {
        look.run();
    }

    /// The definitions that the cluster did not have when it was last looked.
    SortedSet<String> lacking() {
        return objects.lacking();
    }

    /// Whether there is none of the kinds that come with this operator.
    boolean lacksOwnKinds() {
        return objects.lacks(ApiGroup.HANSA);
    }

    /// A definition of this kind that the cluster has not any more, though objects of it were
    /// known: what they say is not known until it is back.
    Optional<String> lost(ResourceKind kind) {
        return objects.lost(kind);
    }

    /// All such definitions.
    SortedSet<String> lost() {
        return objects.lost();
    }

    /// Whether a group that is watched does not have this kind.
    boolean lacks(ApiGroup group, ResourceKind kind) {
        return objects.lacks(group, kind);
    }

    int watches() {
        return objects.watches() + services.size();
    }

    /// Those that have begun and have not ended since: one that has begun once says so for ever.
    int synced() {
        return objects.synced()
                + Math.toIntExact(services.stream().filter(Cluster::goesOn).count());
    }

    static boolean goesOn(SharedIndexInformer<?> informer) {
        return informer.hasSynced() && informer.isWatching();
    }

    boolean isSynced() {
        return synced() == watches();
    }

    /// Whether all objects of a kind are known, and the Services that they may select.
    boolean isSynced(ResourceKind kind) {
        return objects.isSynced(kind) && knowsServices();
    }

    boolean knowsServices() {
        return services.stream().allMatch(SharedIndexInformer::hasSynced);
    }

    boolean sees(String namespace) {
        return namespaces.isEmpty() || namespaces.contains(namespace);
    }

    /// Whether objects of its kind are seen where it is: what is not seen is not judged.
    boolean sees(Subject subject) {
        return groups.contains(subject.group())
                && !objects.lacks(subject.group(), subject.kind())
                && sees(subject.namespace());
    }

    /// As far as they are known; the oldest first.
    List<Custom> known() {
        return objects.known().toList();
    }

    List<Custom> known(ResourceKind kind) {
        return objects.known(kind)
                .sorted(Comparator.comparing(one -> one.subject().text()))
                .toList();
    }

    /// Services of Kubernetes in a namespace, as far as they are known.
    List<Service> services(String namespace) {
        return services.stream()
                .flatMap(informer -> informer.getStore().list().stream())
                .filter(service -> namespace.equals(service.getMetadata().getNamespace()))
                .toList();
    }

    /// All that are known.
    List<KubeService> services() {
        return services.stream()
                .flatMap(informer -> informer.getStore().list().stream())
                .map(Cluster::key)
                .toList();
    }

    Optional<Service> service(KubeService service) {
        return services.stream()
                .map(informer ->
                        informer.getStore()
                                .getByKey(
                                        Cache.namespaceKeyFunc(
                                                service.namespace(), service.name())))
                .filter(Objects::nonNull)
                .findFirst();
    }

    private static KubeService key(Service service) {
        return new KubeService(
                Objects.requireNonNullElse(service.getMetadata().getNamespace(), ""),
                service.getMetadata().getName());
    }

    /// As it is now, at the API server.
    Optional<Custom> now(Subject subject) {
        return Optional.ofNullable(
                        CustomWatch.resources(client, subject.group(), subject.kind())
                                .inNamespace(subject.namespace())
                                .withName(subject.name())
                                .get())
                .flatMap(resource -> Custom.of(subject.group(), subject.kind(), resource));
    }

    /// Whether an object is gone, as the API server says now. A read answers the same for an object
    /// and for a kind that is gone; this is false for one whose kind has no definition.
    boolean isGone(Subject subject) {
        try {
            return CustomWatch.resources(client, subject.group(), subject.kind())
                    .inNamespace(subject.namespace())
                    .withField("metadata.name", subject.name())
                    .list()
                    .getItems()
                    .isEmpty();
        } catch (KubernetesClientException e) {
            if (e.getCode() == NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    /// All but the status, if nobody has written since it was read.
    Custom replace(Custom custom) {
        fence.check(LONGEST);
        var written =
                CustomWatch.resources(client, custom.subject().group(), custom.subject().kind())
                        .inNamespace(custom.subject().namespace())
                        .resource(custom.resource())
                        .update();
        return new Custom(custom.subject(), written);
    }

    void replaceStatus(Custom custom) {
        fence.check(LONGEST);
        CustomWatch.resources(client, custom.subject().group(), custom.subject().kind())
                .inNamespace(custom.subject().namespace())
                .resource(custom.resource())
                .updateStatus();
    }

    Optional<Secret> secret(String namespace, String name) {
        return Optional.ofNullable(client.secrets().inNamespace(namespace).withName(name).get());
    }

    /// Asks whether a Secret would be taken; nothing is written.
    void probe(Secret secret, boolean isThere) {
        var asked =
                client.secrets()
                        .inNamespace(secret.getMetadata().getNamespace())
                        .resource(secret)
                        .dryRun();
        if (isThere) {
            asked.update();
        } else {
            asked.create();
        }
    }

    void create(Secret secret) {
        fence.check(LONGEST);
        client.secrets().inNamespace(secret.getMetadata().getNamespace()).resource(secret).create();
    }

    void replace(Secret secret) {
        fence.check(LONGEST);
        client.secrets().inNamespace(secret.getMetadata().getNamespace()).resource(secret).update();
    }

    void delete(Secret secret) {
        fence.check(LONGEST);
        client.secrets().inNamespace(secret.getMetadata().getNamespace()).resource(secret).delete();
    }

    /// An Event on a pod; one that is there already stays.
    void create(Event event) {
        fence.check(LONGEST);
        client.events()
                .v1()
                .events()
                .inNamespace(event.getMetadata().getNamespace())
                .resource(event)
                .create();
    }

    @Override
    public void close() {
        objects.close();
        services.forEach(SharedIndexInformer::stop);
    }

    /// Told of Services of Kubernetes.
    @FunctionalInterface
    interface ServiceListener {
        /// @param isLabelled whether its labels are others than before
        void changed(KubeService service, boolean isLabelled);
    }

    private record ServiceTold(ServiceListener services) implements ResourceEventHandler<Service> {
        @Override
        public void onAdd(Service added) {
            services.changed(key(added), true);
        }

        @Override
        public void onUpdate(Service old, @Nullable Service now) {
            services.changed(
                    key(old),
                    now == null
                            || !Objects.equals(
                                    old.getMetadata().getLabels(), now.getMetadata().getLabels()));
        }

        @Override
        public void onDelete(Service gone, boolean unknown) {
            services.changed(key(gone), true);
        }
    }
}
