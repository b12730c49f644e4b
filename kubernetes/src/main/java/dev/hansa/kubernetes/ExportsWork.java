package dev.hansa.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredEntry;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// All ExportedServices together: each team has its own, the server has one entry. One that the
/// server refuses is left out, and says so; the others are not kept waiting for it.
final class ExportsWork {
    private static final ResourceKind KIND = ResourceKind.EXPORTED_SERVICES;
    private static final String ENTRY = "default";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Desk desk;

    ExportsWork(Desk desk) {
        this.desk = desk;
    }

    /// @param services by their names in the mesh, and who may use each
    /// @param isKept whether it is of an earlier form of the object, for the server refuses this
    ///   one
    private record Share(Custom object, Map<String, List<JsonNode>> services, boolean isKept) {}

    /// In the status: what the server took last of an object, as JSON. An edit that it refuses does
    /// not take away what is exported.
    private static final String ACCEPTED = "accepted";

    /// What has become of the objects, one by one. What Kubernetes answers about one of them keeps
    /// no other waiting.
    private static final class Round {
        private final List<Custom> going = new ArrayList<>();
        private Outcome outcome = new Outcome.Settled();

        void note(Outcome one) {
            if (outcome instanceof Outcome.Settled || one instanceof Outcome.Failed) {
                outcome = one;
            }
        }

        /// @return nothing where Kubernetes did not let it be done
        <T> Optional<T> attempt(Supplier<T> step) {
            try {
                return Optional.of(step.get());
            } catch (KubernetesClientException e) {
                note(new Outcome.Failed(words(e)));
                return Optional.empty();
            }
        }
    }

    private static String words(KubernetesClientException e) {
        return "Kubernetes: HTTP " + e.getCode();
    }

    Outcome work() throws InterruptedException {
        var round = new Round();
        var kept = Optional.<ApiException>empty();
        try {
            bring(round);
        } catch (ApiException e) {
            kept = Optional.of(e);
        } catch (KubernetesClientException e) {
            kept = Optional.of(ApiException.unreachable(words(e)));
        }
        kept.ifPresent(cause -> round.note(Desk.outcome(cause)));
        for (var object : round.going) {
            end(round, object, kept);
        }
        return round.outcome;
    }

    /// @param kept why the entry may still have what the object has exported
    private void end(Round round, Custom object, Optional<ApiException> kept)
            throws InterruptedException {
        try {
            desk.end(
                    object,
                    () -> {
                        if (kept.isPresent()) {
                            throw kept.get();
                        }
                    });
        } catch (KubernetesClientException e) {
            round.note(new Outcome.Failed(words(e)));
        }
    }

    private void bring(Round round) throws ApiException, InterruptedException {
        var known = desk.cluster().known(KIND);
        if (!desk.cluster().isSynced(KIND)) {
            known.stream().filter(Custom::isDeleted).forEach(round.going::add);
            // a share that is not known yet must not fall out of the entry
            throw ApiException.unreachable(
                    "watch of exportedservices: expected to have begun; found that it has not");
        }
        var lost = desk.cluster().lost(KIND);
        if (lost.isPresent()) {
            known.stream().filter(Custom::isDeleted).forEach(round.going::add);
            throw undefined(lost.get());
        }
        var objects = new ArrayList<Custom>();
        for (var one : known) {
            var now = desk.cluster().now(one.subject());
            if (now.isEmpty() && !desk.cluster().isGone(one.subject())) {
                throw undefined(one.subject().text());
            }
            now.ifPresent(object -> (object.isDeleted() ? round.going : objects).add(object));
        }
        objects.sort(
                Comparator.comparing(ExportsWork::created)
                        .thenComparing(one -> one.subject().text()));
        var shares = new ArrayList<Share>();
        for (var one : objects) {
            // one that cannot be held is in the entry all the same: when it goes, the rest is
            // merged
            var object = round.attempt(() -> desk.held(one)).orElse(one);
            try {
                shares.add(share(object));
            } catch (ApiException e) {
                var kept = kept(object);
                leftOut(round, object, kept.isPresent() ? stillExported(e) : e);
                kept.ifPresent(shares::add);
            }
        }
        try {
            write(round, shares);
        } catch (ApiException e) {
            for (var share : shares) {
                if (!share.isKept()) {
                    round.attempt(() -> desk.failed(share.object(), e));
                }
            }
            throw e;
        }
    }

    /// Objects whose kind cannot be read now are not gone.
    private static ApiException undefined(String what) {
        return ApiException.unreachable(
                what
                        + ": expected to have a definition, as it had; found none (what is exported stays until it has one, or this operator starts anew)");
    }

    /// @throws ApiException as it came, when nobody has judged the object
    private void leftOut(Round round, Custom object, ApiException e) throws ApiException {
        round.attempt(() -> desk.failed(object, e)).ifPresent(round::note);
        if (e.reason() != ApiException.Cause.REFUSED) {
            throw e;
        }
    }

    private static ApiException stillExported(ApiException e) {
        return e.reason() == ApiException.Cause.REFUSED
                ? ApiException.refused(
                        e.sentence() + " (what it exported before is exported until it is mended)")
                : e;
    }

    /// What the server took last of an object that it refuses now.
    private static Optional<Share> kept(Custom object) {
        if (!(object.status().get(ACCEPTED) instanceof String text)) {
            return Optional.empty();
        }
        try {
            var services = new TreeMap<String, List<JsonNode>>();
            for (var one : MAPPER.readTree(text).properties()) {
                var consumers = new ArrayList<JsonNode>();
                one.getValue().forEach(consumers::add);
                services.put(one.getKey(), consumers);
            }
            return services.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Share(object, services, true));
        } catch (JsonProcessingException _) {
            return Optional.empty();
        }
    }

    private static String created(Custom object) {
        return Objects.requireNonNullElse(
                object.resource().getMetadata().getCreationTimestamp(), "");
    }

    private Outcome tell(Share share, boolean written) {
        if (share.isKept()) {
            return new Outcome.Settled();
        }
        var fields = new LinkedHashMap<String, Object>(Desk.named(ENTRY));
        fields.put("exportedServices", share.services().size());
        fields.put(ACCEPTED, MAPPER.valueToTree(share.services()).toString());
        desk.tell(
                share.object(),
                Verdict.synced("the server exports what this object says", fields, written));
        return new Outcome.Settled();
    }

    /// @throws ApiException REFUSED when the server would not take what this object says by itself
    private Share share(Custom object) throws ApiException, InterruptedException {
        var asWritten = object.spec();
        var plain = asWritten.deepCopy();
        var services = new TreeMap<String, List<JsonNode>>();
        var items = plain.putArray("services");
        for (var item : asWritten.path("services")) {
            if (item instanceof ObjectNode one && one.has("selector")) {
                var problem = Selector.problem(one.path("selector"));
                if (problem.isPresent()) {
                    throw ApiException.refused(problem.get());
                }
                for (var name : selected(object, one.path("selector"))) {
                    var named = one.deepCopy();
                    named.remove("selector");
                    items.add(named.put("name", name));
                }
            } else {
                items.add(item);
            }
        }
        if (!items.isEmpty()) {
            desk.api()
                    .validate(
                            EntryWork.form(
                                    KIND, ENTRY, plain, Owner.of(desk.name(), Subject.EXPORTS)));
        }
        for (var item : items) {
            var consumers =
                    services.computeIfAbsent(item.path("name").asText(), _ -> new ArrayList<>());
            for (var consumer : item.path("consumers")) {
                if (!consumers.contains(consumer)) {
                    consumers.add(consumer);
                }
            }
        }
        return new Share(object, services, false);
    }

    /// By their own names: an annotation with another one would let whoever may write a Service
    /// export any service of the mesh.
    private List<String> selected(Custom object, JsonNode selector) {
        return desk.cluster().services(object.subject().namespace()).stream()
                .filter(service ->
                        Selector.matches(
                                selector,
                                Objects.requireNonNullElse(
                                        service.getMetadata().getLabels(), Map.of())))
                .map(service -> service.getMetadata().getName())
                .distinct()
                .sorted()
                .toList();
    }

    private void write(Round round, List<Share> shares) throws ApiException, InterruptedException {
        var own = Owner.of(desk.name(), Subject.EXPORTS);
        var there = desk.api().entry(KIND.entryKind(), ENTRY);
        var isOurs = there.map(EntryWork::meta).flatMap(Owner::of).equals(Optional.of(own));
        if (shares.stream().allMatch(share -> share.services().isEmpty())) {
            if (isOurs) {
                desk.mayWrite();
                desk.api().delete(there.get());
                desk.events().accept(new OperatorEvent.Removed(Subject.EXPORTS, whole()));
            }
            shares.forEach(share -> round.attempt(() -> tell(share, isOurs)));
            return;
        }
        if (there.isPresent()
                && !isOurs
                && shares.stream().noneMatch(share -> share.object().mayTakeOver())) {
            throw ApiException.refused(
                    whole()
                            + ": expected to be written by this cluster; found that somebody else has (annotate one of these objects with hansa.dev/take-over=true to write over it)");
        }
        var fitting = fitting(round, shares);
        if (fitting.stream().allMatch(share -> share.services().isEmpty())) {
            return;
        }
        var form = form(fitting);
        var wanted = desk.api().validate(form);
        var isSame = there.filter(entry -> entry.body().equals(wanted.body())).isPresent();
        if (!isSame) {
            desk.mayWrite();
            desk.api().write(form, there.map(StoredEntry::index).orElse(0L));
            desk.events().accept(new OperatorEvent.Written(Subject.EXPORTS, whole()));
        }
        fitting.forEach(share -> round.attempt(() -> tell(share, !isSame)));
    }

    /// Each share is taken by itself; what the server does not take of all together, a limit on the
    /// whole, the younger objects lose, and say so.
    private List<Share> fitting(Round round, List<Share> shares)
            throws ApiException, InterruptedException {
        try {
            desk.api().validate(form(shares));
            return shares;
        } catch (ApiException e) {
            if (e.reason() != ApiException.Cause.REFUSED) {
                throw e;
            }
        }
        var fitting = new ArrayList<Share>();
        for (var share : shares) {
            fitting.add(share);
            if (share.services().isEmpty()) {
                continue;
            }
            try {
                desk.api().validate(form(fitting));
            } catch (ApiException e) {
                fitting.removeLast();
                leftOut(round, share.object(), e);
            }
        }
        return fitting;
    }

    /// The entry of these shares. It has nobody's `meta`: one team's could be too much for all.
    private ObjectNode form(List<Share> shares) {
        var merged = new TreeMap<String, List<JsonNode>>();
        for (var share : shares) {
            share.services()
                    .forEach((name, consumers) -> {
                        var all = merged.computeIfAbsent(name, _ -> new ArrayList<>());
                        consumers.stream().filter(one -> !all.contains(one)).forEach(all::add);
                    });
        }
        var spec = JSON.objectNode();
        var services = spec.putArray("services");
        merged.forEach((name, consumers) -> {
            var service = services.addObject().put("name", name);
            // in one order, whoever came first
            consumers.stream()
                    .sorted((a, b) -> a.toString().compareTo(b.toString()))
                    .forEach(service.putArray("consumers")::add);
        });
        return EntryWork.form(KIND, ENTRY, spec, Owner.of(desk.name(), Subject.EXPORTS));
    }

    private static String whole() {
        return KIND.entryKind() + "/" + ENTRY;
    }
}
