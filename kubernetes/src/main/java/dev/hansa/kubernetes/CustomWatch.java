package dev.hansa.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The custom resources that are watched: each kind of each group that the cluster has. A kind that
/// it does not have, as with an older set of definitions, keeps no other waiting and is taken up
/// when it is there.
final class CustomWatch implements AutoCloseable {
    private static final int NOT_FOUND = 404;
    private static final int INTERNAL = 500;

    private final KubernetesClient client;
    private final Set<String> namespaces;
    private final List<ApiGroup> groups;

    /// Written by looks, of which there is one at a time.
    private final List<Watched> watched = new CopyOnWriteArrayList<>();

    private volatile SortedSet<String> lacking = Collections.emptySortedSet();

    private record Watched(
            ApiGroup group,
            ResourceKind kind,
            SharedIndexInformer<GenericKubernetesResource> informer) {
        String name() {
            return CustomWatch.name(group, kind);
        }
    }

    /// What an API server says of a kind.
    private enum Answer {
        THERE,
        LACKING,
        NONE
    }

    /// @param namespaces those that are watched; none: all
    CustomWatch(KubernetesClient client, Set<String> namespaces, List<ApiGroup> groups) {
        this.client = client;
        this.namespaces = namespaces.isEmpty() ? Set.of("") : Set.copyOf(namespaces);
        this.groups = List.copyOf(groups);
    }

    /// As a definition is named.
    private static String name(ApiGroup group, ResourceKind kind) {
        return kind.plural() + "." + group.domain();
    }

    /// Takes up the kinds that have come, and knows those that have gone. Each kind that is not
    /// watched, or whose watch does not go on, is asked for by one request, up to the first without
    /// an answer. What was never asked for is there until the API server says otherwise.
    ///
    /// @param failed told of a watch that ended by itself; it begins anew
    synchronized void look(BiConsumer<Optional<Custom>, Custom> changes, Consumer<String> failed) {
        var now = new TreeSet<String>();
        var isAnswered = true;
        for (var group : groups) {
            for (var kind : ResourceKind.values()) {
                var name = name(group, kind);
                var isWatched = of(name).findAny().isPresent();
                if (isWatched && of(name).allMatch(one -> Cluster.goesOn(one.informer()))) {
                    continue;
                }
                var answer = isAnswered ? ask(group, kind) : Answer.NONE;
                isAnswered = answer != Answer.NONE;
                if (answer == Answer.LACKING || answer == Answer.NONE && lacking.contains(name)) {
                    now.add(name);
                } else if (!isWatched) {
                    begin(group, kind, changes, failed);
                }
            }
        }
        lacking = Collections.unmodifiableSortedSet(now);
    }

    /// A list and not the discovery, which says less than there is while an API server starts.
    private Answer ask(ApiGroup group, ResourceKind kind) {
        var namespace = namespaces.iterator().next();
        var operation = resources(client, group, kind);
        var one = new ListOptionsBuilder().withLimit(1L).build();
        try {
            if (namespace.isEmpty()) {
                operation.inAnyNamespace().list(one);
            } else {
                operation.inNamespace(namespace).list(one);
            }
            return Answer.THERE;
        } catch (KubernetesClientException e) {
            if (e.getCode() == NOT_FOUND) {
                return Answer.LACKING;
            }
            // who may not list is told so by the watch
            return e.getCode() == 0 || e.getCode() >= INTERNAL ? Answer.NONE : Answer.THERE;
        }
    }

    private void begin(
            ApiGroup group,
            ResourceKind kind,
            BiConsumer<Optional<Custom>, Custom> changes,
            Consumer<String> failed) {
        for (var namespace : namespaces) {
            var operation = resources(client, group, kind);
            var informer =
                    namespace.isEmpty()
                            ? operation.inAnyNamespace().runnableInformer(0)
                            : operation.inNamespace(namespace).runnableInformer(0);
            informer.itemStore(new LeanStore<>(LeanStore::unmanaged));
            informer.addEventHandler(new Told(group, kind, changes));
            informer.exceptionHandler((_, cause) -> {
                failed.accept(name(group, kind) + ": " + cause);
                return true;
            });
            watched.add(new Watched(group, kind, informer));
            informer.start();
        }
    }

    static MixedOperation<
                    GenericKubernetesResource,
                    GenericKubernetesResourceList,
                    Resource<GenericKubernetesResource>>
            resources(KubernetesClient client, ApiGroup group, ResourceKind kind) {
        return client.genericKubernetesResources(
                new ResourceDefinitionContext.Builder()
                        .withGroup(group.domain())
                        .withVersion(ApiGroup.VERSION)
                        .withKind(kind.kind())
                        .withPlural(kind.plural())
                        .withNamespaced(true)
                        .build());
    }

    private Stream<Watched> of(String name) {
        return watched.stream().filter(one -> one.name().equals(name));
    }

    /// The definitions that the cluster did not have when it was last asked.
    SortedSet<String> lacking() {
        return lacking;
    }

    boolean lacks(ApiGroup group, ResourceKind kind) {
        return lacking.contains(name(group, kind));
    }

    /// Whether the cluster has none of this group's kinds.
    boolean lacks(ApiGroup group) {
        return Stream.of(ResourceKind.values()).allMatch(kind -> lacks(group, kind));
    }

    /// Of kinds that the cluster has.
    int watches() {
        return Math.toIntExact(there().count());
    }

    /// Those that have begun and have not ended since: one that has begun once says so for ever.
    int synced() {
        return Math.toIntExact(there().filter(one -> Cluster.goesOn(one.informer())).count());
    }

    private Stream<Watched> there() {
        return watched.stream().filter(one -> !lacking.contains(one.name()));
    }

    /// Whether all objects of a kind are known. Of a kind that no group has nothing is known.
    boolean isSynced(ResourceKind kind) {
        var all = watched.stream().filter(one -> one.kind() == kind).toList();
        return !all.isEmpty() && all.stream().allMatch(one -> one.informer().hasSynced());
    }

    /// As far as they are known; the oldest first.
    Stream<Custom> known() {
        return watched.stream().flatMap(CustomWatch::objects);
    }

    Stream<Custom> known(ResourceKind kind) {
        return watched.stream().filter(one -> one.kind() == kind).flatMap(CustomWatch::objects);
    }

    private static Stream<Custom> objects(Watched one) {
        return one.informer().getStore().list().stream()
                .flatMap(resource -> Custom.of(one.group(), one.kind(), resource).stream());
    }

    @Override
    public void close() {
        watched.forEach(one -> one.informer().stop());
    }

    private record Told(
            ApiGroup group, ResourceKind kind, BiConsumer<Optional<Custom>, Custom> changes)
            implements ResourceEventHandler<GenericKubernetesResource> {
        @Override
        public void onAdd(GenericKubernetesResource added) {
            Custom.of(group, kind, added).ifPresent(one -> changes.accept(Optional.empty(), one));
        }

        @Override
        public void onUpdate(GenericKubernetesResource old, GenericKubernetesResource changed) {
            Custom.of(group, kind, changed)
                    .ifPresent(one -> changes.accept(Custom.of(group, kind, old), one));
        }

        @Override
        public void onDelete(GenericKubernetesResource gone, boolean unknown) {
            onAdd(gone);
        }
    }
}
