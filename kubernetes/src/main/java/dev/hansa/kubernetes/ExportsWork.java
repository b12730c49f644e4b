package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredEntry;
import io.fabric8.kubernetes.api.model.Service;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// All ExportedServices together: each team has its own, the server has one entry. One that the
/// server refuses is left out, and says so; the others are not kept waiting for it.
final class ExportsWork {
    private static final ResourceKind KIND = ResourceKind.EXPORTED_SERVICES;
    private static final String ENTRY = "default";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// What a Service is called in the mesh, when it is not as in Kubernetes.
    private static final List<String> NAMES =
            List.of("hansa.dev/service-name", "consul.hashicorp.com/connect-service");

    private final Desk desk;

    ExportsWork(Desk desk) {
        this.desk = desk;
    }

    /// @param services by their names in the mesh, and who may use each
    private record Share(Custom object, Map<String, List<JsonNode>> services) {}

    Outcome work() throws InterruptedException {
        if (!desk.cluster().isSynced(ResourceKind.EXPORTED_SERVICES)) {
            // a share that is not known yet must not fall out of the entry
            return new Outcome.Failed(
                    "watch of exportedservices: expected to have begun; found that it has not");
        }
        var shares = new ArrayList<Share>();
        var going = new ArrayList<Custom>();
        var outcome = (Outcome) new Outcome.Settled();
        for (var known : desk.cluster().known(KIND)) {
            var now = desk.cluster().now(known.subject());
            if (now.isEmpty()) {
                continue;
            }
            if (now.get().isDeleted()) {
                going.add(now.get());
                continue;
            }
            var object = desk.held(now.get());
            try {
                shares.add(share(object));
            } catch (ApiException e) {
                outcome = desk.failed(object, e);
                if (e.reason() != ApiException.Cause.REFUSED) {
                    return leave(going, e, outcome);
                }
            }
        }
        try {
            var written = write(shares);
            for (var share : shares) {
                tell(share, written);
            }
        } catch (ApiException e) {
            for (var share : shares) {
                desk.failed(share.object(), e);
            }
            return leave(going, e, Desk.outcome(e));
        }
        for (var object : going) {
            desk.end(object, () -> {});
        }
        return outcome;
    }

    /// What is deleted waits for the entry to lose it.
    private Outcome leave(List<Custom> going, ApiException cause, Outcome outcome)
            throws InterruptedException {
        for (var object : going) {
            desk.end(
                    object,
                    () -> {
                        throw cause;
                    });
        }
        return outcome;
    }

    private void tell(Share share, boolean written) {
        var fields = new LinkedHashMap<String, Object>(Desk.named(ENTRY));
        fields.put("exportedServices", share.services().size());
        desk.tell(
                share.object(),
                Verdict.synced("the server exports what this object says", fields, written));
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
        return new Share(object, services);
    }

    private List<String> selected(Custom object, JsonNode selector) {
        return desk.cluster().services(object.subject().namespace()).stream()
                .filter(service ->
                        Selector.matches(
                                selector,
                                Objects.requireNonNullElse(
                                        service.getMetadata().getLabels(), Map.of())))
                .map(ExportsWork::nameInMesh)
                .distinct()
                .sorted()
                .toList();
    }

    private static String nameInMesh(Service service) {
        var annotations =
                Objects.requireNonNullElse(
                        service.getMetadata().getAnnotations(), Map.<String, String>of());
        return NAMES.stream()
                .map(key -> annotations.getOrDefault(key, ""))
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElse(service.getMetadata().getName());
    }

    /// @return whether the entry was another before
    private boolean write(List<Share> shares) throws ApiException, InterruptedException {
        var merged = new TreeMap<String, List<JsonNode>>();
        for (var share : shares) {
            share.services()
                    .forEach((name, consumers) -> {
                        var all = merged.computeIfAbsent(name, _ -> new ArrayList<>());
                        consumers.stream().filter(one -> !all.contains(one)).forEach(all::add);
                    });
        }
        var own = Owner.of(desk.name(), Subject.EXPORTS);
        var there = desk.api().entry(KIND.entryKind(), ENTRY);
        var isOurs = there.map(EntryWork::meta).flatMap(Owner::of).equals(Optional.of(own));
        if (merged.isEmpty()) {
            if (isOurs) {
                desk.mayWrite();
                desk.api().delete(there.get());
                desk.events().accept(new OperatorEvent.Removed(Subject.EXPORTS, whole()));
            }
            return isOurs;
        }
        if (there.isPresent()
                && !isOurs
                && shares.stream().noneMatch(share -> share.object().mayTakeOver())) {
            throw ApiException.refused(
                    whole()
                            + ": expected to be written by this cluster; found that somebody else has (annotate one of these objects with hansa.dev/take-over=true to write over it)");
        }
        var form = EntryWork.form(KIND, ENTRY, spec(shares, merged), own);
        var wanted = desk.api().validate(form);
        if (there.filter(entry -> entry.body().equals(wanted.body())).isPresent()) {
            return false;
        }
        desk.mayWrite();
        desk.api().write(form, there.map(StoredEntry::index).orElse(0L));
        desk.events().accept(new OperatorEvent.Written(Subject.EXPORTS, whole()));
        return true;
    }

    private static ObjectNode spec(List<Share> shares, Map<String, List<JsonNode>> merged) {
        var spec = JSON.objectNode();
        var meta = spec.putObject("meta");
        for (var share : shares) {
            share.object()
                    .spec()
                    .path("meta")
                    .properties()
                    .forEach(one -> meta.put(one.getKey(), one.getValue().asText()));
        }
        var services = spec.putArray("services");
        merged.forEach((name, consumers) -> {
            var service = services.addObject().put("name", name);
            // in one order, whoever came first
            consumers.stream()
                    .sorted((a, b) -> a.toString().compareTo(b.toString()))
                    .forEach(service.putArray("consumers")::add);
        });
        return spec;
    }

    private static String whole() {
        return KIND.entryKind() + "/" + ENTRY;
    }
}
