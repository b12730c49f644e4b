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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The custom resources that are watched: each kind of each group that the cluster has. A kind that
/// it does not have, as with an older set of definitions, keeps no other waiting and is taken up
/// when it is there.
final class CustomWatch implements AutoCloseable {
    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;
    private static final int BUSY = 429;
    private static final int INTERNAL = 500;

    private final KubernetesClient client;
    private final Set<String> namespaces;
    private final List<ApiGroup> groups;

    /// Written by looks, of which there is one at a time.
    private final List<Watched> watched = new CopyOnWriteArrayList<>();

    private volatile SortedSet<String> lacking = Collections.emptySortedSet();

    /// Kinds that are neither watched nor known to be lacking: nobody has answered for them yet.
    private volatile Set<String> unanswered = Set.of();

    /// Kinds that went while objects of them were known, until they are watched again. At most as
    /// many as there are kinds.
    private final Set<String> lost = ConcurrentHashMap.newKeySet();

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
        /// it cannot say so now
        NONE,
        /// it does not answer
        AWAY
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

    /// Takes up the kinds that have come, and lets go of those that have gone. Each kind that is
    /// not watched, or whose watch does not go on, is asked for by one request, up to the first
    /// without an answer. A kind that nobody has answered for is not watched, and counts as a watch
    /// that has not begun.
    ///
    /// @param failed told of a watch that ended by itself; it begins anew
    synchronized void look(BiConsumer<Optional<Custom>, Custom> changes, Consumer<String> failed) {
        var gone = new TreeSet<String>();
        var unknown = new TreeSet<String>();
        var answers = true;
        for (var group : groups) {
            for (var kind : ResourceKind.values()) {
                var name = name(group, kind);
                var isWatched = of(name).findAny().isPresent();
                if (isWatched && of(name).allMatch(one -> Cluster.goesOn(one.informer()))) {
                    lost.remove(name);
                    continue;
                }
                var answer = answers ? ask(group, kind) : Answer.AWAY;
                answers = answer != Answer.AWAY;
                if (answer == Answer.LACKING || answer != Answer.THERE && lacking.contains(name)) {
                    gone.add(name);
                } else if (!isWatched && answer == Answer.THERE) {
                    begin(group, kind, changes, failed);
                } else if (!isWatched) {
                    unknown.add(name);
                }
            }
        }
        // before its objects are not known any more, or they would look like objects that are gone
        for (var one : watched) {
            if (gone.contains(one.name()) && !one.informer().getStore().list().isEmpty()) {
                lost.add(one.name());
            }
        }
        unanswered = Set.copyOf(unknown);
        lacking = Collections.unmodifiableSortedSet(gone);
        // or they would ask for ever
        var ended = watched.stream().filter(one -> gone.contains(one.name())).toList();
        ended.forEach(one -> one.informer().stop());
        watched.removeAll(ended);
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
            return e.getCode() == FORBIDDEN ? discovered(group, kind) : answer(e);
        }
    }

    /// Who may not list is told so before he is told that there is nothing.
    private Answer discovered(ApiGroup group, ResourceKind kind) {
        try {
            return isDefined(client, group, kind) ? Answer.THERE : Answer.LACKING;
        } catch (KubernetesClientException e) {
            return answer(e);
        }
    }

    private static Answer answer(KubernetesClientException e) {
        var code = e.getCode();
        if (code == 0) {
            return Answer.AWAY;
        }
        if (code == NOT_FOUND) {
            return Answer.LACKING;
        }
        // who may not list is told so by the watch
        return code == BUSY || code >= INTERNAL ? Answer.NONE : Answer.THERE;
    }

    /// Whether the API server has a definition of the kind, as it says to any account.
    ///
    /// @throws KubernetesClientException when it does not say so
    static boolean isDefined(KubernetesClient client, ApiGroup group, ResourceKind kind) {
        var known = client.getApiResources(group.apiVersion());
        return known != null
                && known.getResources().stream()
                        .anyMatch(one -> kind.plural().equals(one.getName()));
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

    /// Kinds that nobody has answered for yet.
    boolean hasUnanswered() {
        return !unanswered.isEmpty();
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

    /// Of kinds that the cluster has, or of which it has not said whether it has them.
    int watches() {
        return Math.toIntExact(there().count()) + unanswered.size() * namespaces.size();
    }

    /// Those that have begun and have not ended since: one that has begun once says so for ever.
    int synced() {
        return Math.toIntExact(there().filter(one -> Cluster.goesOn(one.informer())).count());
    }

    private Stream<Watched> there() {
        return watched.stream().filter(one -> !lacking.contains(one.name()));
    }

    /// Whether all objects of a kind are known, in each group that has it. Of a kind that no group
    /// has nothing is known.
    boolean isSynced(ResourceKind kind) {
        var all = there().filter(one -> one.kind() == kind).toList();
        return !all.isEmpty()
                && all.stream().allMatch(one -> one.informer().hasSynced())
                && groups.stream().noneMatch(group -> unanswered.contains(name(group, kind)));
    }

    /// A definition of this kind that went while objects of it were known.
    Optional<String> lost(ResourceKind kind) {
        return groups.stream().map(group -> name(group, kind)).filter(lost::contains).findFirst();
    }

    /// All definitions that went while objects of them were known.
    SortedSet<String> lost() {
        return new TreeSet<>(lost);
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
