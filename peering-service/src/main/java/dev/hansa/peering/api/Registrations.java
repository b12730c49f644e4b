package dev.hansa.peering.api;

import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// What the store holds of services and nodes that no live connection vouches for. Whoever changes
/// a part of a registration reads it, and writes it whole if it is still what he has read: else a
/// check's result that came in between would be undone.
final class Registrations {
    /// More than the callers that are served at once need; those that share one only wait.
    private static final int TURNS = 256;

    /// Each is in every answer about its service, and one of a node in those about all that runs
    /// there.
    private static final int MOST_CHECKS = 64;

    /// An attempt is lost to another write of the same registration, of which its checks make one a
    /// second each at most; those that come by this way wait for their turn.
    static final int MOST_ATTEMPTS = 16;

    /// Any check may come.
    static final Admission FREE = Set::of;

    /// Whether checks may come; asked anew before each attempt to write them.
    @FunctionalInterface
    interface Admission {
        /// @return the nodes of which no other registration may have a check of an id that comes
        /// @throws RefusedRequestException when they may not
        Set<String> among() throws RefusedRequestException;
    }

    /// Whether the caller may write over what is held under an id; asked in the same turn.
    @FunctionalInterface
    interface Asked {
        /// It was asked by the name that the caller gave.
        Asked ALREADY = _ -> {};

        /// @throws RefusedRequestException when he may not
        void of(Optional<ServiceInstance> held) throws RefusedRequestException;

        /// An id may be held by a service of another name, which the refusal must not tell.
        static Asked mayWrite(Caller caller) {
            return held -> {
                if (held.isPresent()
                        && !caller.access()
                                .allows(Need.write(Resource.SERVICE, held.get().name()))) {
                    throw Caller.denied(
                            "Permission denied: expected an id that is free or a service's that may be written; found another's");
                }
            };
        }
    }

    private interface Change {
        /// @return what is to be written; empty: nothing
        Optional<ServiceInstance> of(Optional<ServiceInstance> before)
                throws RefusedRequestException;
    }

    private final Store store;
    private final List<Object> turns = Stream.generate(Object::new).limit(TURNS).toList();

    Registrations(Store store) {
        this.store = store;
    }

    private Map<String, RegistrationRecord> held() {
        return store.now().registrations();
    }

    Stream<ServiceInstance> all() {
        return held().values().stream().map(RegistrationRecord::instance);
    }

    /// @param id of the service; empty: the node itself
    Optional<ServiceInstance> find(String node, String id) {
        return Optional.ofNullable(held().get(RegistrationRecord.key(node, id)))
                .map(RegistrationRecord::instance);
    }

    /// @return what was there before
    private Optional<ServiceInstance> write(
            String node, String id, Admission admission, Asked asked, Change change)
            throws RefusedRequestException {
        // so that those who come by this way do not take each other's attempts
        synchronized (turn(node, id)) {
            for (var attempt = 1; ; attempt++) {
                var among = admission.among();
                var before = find(node, id);
                asked.of(before);
                var after = change.of(before);
                if (after.isEmpty()) {
                    return before;
                }
                var index = before.map(ServiceInstance::modifyIndex).orElse(0L);
                var command =
                        new StoreCommand.PutRegistration(
                                after.get(), OptionalLong.of(index), among);
                var answer =
                        attempt < MOST_ATTEMPTS
                                ? Author.trying(() -> store.apply(command))
                                : store.apply(command);
                if (!(answer instanceof StoreAnswer.Refused(var reason))) {
                    return before;
                }
                if (attempt == MOST_ATTEMPTS) {
                    throw new RefusedRequestException(500, reason);
                }
            }
        }
    }

    /// Checks that the definition does not name stay, unless they are to be replaced. One that is
    /// defined anew keeps its result.
    ///
    /// @param replaces whether checks go that the definition does not name
    void put(ServiceInstance defined, boolean replaces, Admission admission, Asked asked)
            throws RefusedRequestException {
        write(
                defined.node().name(),
                defined.id(),
                admission,
                asked,
                held -> {
                    var before =
                            FormerCheckIds.renamed(
                                    defined.id(),
                                    held.map(ServiceInstance::checks).orElse(List.of()),
                                    defined.checks());
                    var merged = merged(before, defined.checks());
                    var after = replaces ? only(defined.checks(), merged) : merged;
                    return Optional.of(defined.withChecks(few(before, after), 0));
                });
    }

    /// As the other, by somebody who was asked already.
    void put(ServiceInstance defined, boolean replaces, Admission admission)
            throws RefusedRequestException {
        put(defined, replaces, admission, Asked.ALREADY);
    }

    private static List<HealthCheck> only(List<HealthCheck> named, List<HealthCheck> all) {
        var ids = named.stream().map(HealthCheck::id).toList();
        return all.stream().filter(check -> ids.contains(check.id())).toList();
    }

    /// A node that is known already keeps its checks.
    void putNode(NodeRecord node) throws RefusedRequestException {
        write(
                node.name(),
                "",
                FREE,
                Asked.ALREADY,
                before ->
                        before.isPresent() && before.get().node().equals(node)
                                ? Optional.empty()
                                : Optional.of(
                                        RegistrationRecord.node(
                                                node,
                                                before.map(ServiceInstance::checks)
                                                        .orElse(List.of()))));
    }

    /// As the other, and whatever checks come of it.
    boolean change(String node, String id, UnaryOperator<List<HealthCheck>> change)
            throws RefusedRequestException {
        return change(node, id, FREE, Asked.ALREADY, change);
    }

    /// Changes the checks of what is registered.
    ///
    /// @param id of the service; empty: the node itself
    /// @return false when there is no such registration
    boolean change(
            String node,
            String id,
            Admission admission,
            Asked asked,
            UnaryOperator<List<HealthCheck>> change)
            throws RefusedRequestException {
        return write(
                        node,
                        id,
                        admission,
                        asked,
                        held -> {
                            if (held.isEmpty()) {
                                return held;
                            }
                            var before = held.get().checks();
                            var after = few(before, change.apply(before));
                            return after.equals(before)
                                    ? Optional.empty()
                                    : Optional.of(held.get().withChecks(after, 0));
                        })
                .isPresent();
    }

    /// @param id of the service; empty: the node and all that is registered there
    /// @return false when there was none
    boolean remove(String node, String id, Asked asked) throws RefusedRequestException {
        synchronized (turn(node, id)) {
            asked.of(find(node, id));
            return apply(new StoreCommand.RemoveRegistration(node, id))
                    instanceof StoreAnswer.Applied;
        }
    }

    static List<HealthCheck> merged(List<HealthCheck> before, List<HealthCheck> after) {
        var byId = new LinkedHashMap<String, HealthCheck>();
        before.forEach(check -> byId.put(check.id(), check));
        for (var check : after) {
            var old = byId.get(check.id());
            // who registers again at each start must not be out of service until the next result
            byId.put(
                    check.id(),
                    old != null && old.isRun() && check.isRun()
                            ? check.with(old.status(), old.output())
                            : check);
        }
        return List.copyOf(byId.values());
    }

    /// Refuses more checks than one service or node may have. Maintenance comes on top, and whoever
    /// has more already may still change and remove them.
    static List<HealthCheck> few(List<HealthCheck> before, List<HealthCheck> after)
            throws RefusedRequestException {
        var count = counted(after);
        if (count > MOST_CHECKS && count > counted(before)) {
            throw RefusedRequestException.bad(
                    "checks: expected at most "
                            + MOST_CHECKS
                            + " of one service or node; found "
                            + count);
        }
        return after;
    }

    private static long counted(List<HealthCheck> checks) {
        return checks.stream().filter(check -> !Maintenance.isOurs(check)).count();
    }

    private Object turn(String node, String id) {
        return turns.get(Math.floorMod(RegistrationRecord.key(node, id).hashCode(), TURNS));
    }

    StoreAnswer apply(StoreCommand command) throws RefusedRequestException {
        var answer = store.apply(command);
        if (answer instanceof StoreAnswer.Refused(var reason)) {
            throw new RefusedRequestException(500, reason);
        }
        return answer;
    }
}
