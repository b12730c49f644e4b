package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredEntry;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// One object that becomes one config entry.
final class EntryWork {
    private final Desk desk;

    EntryWork(Desk desk) {
        this.desk = desk;
    }

    Outcome work(Subject subject) throws InterruptedException {
        var found = desk.cluster().now(subject);
        if (found.isEmpty()) {
            return new Outcome.Settled();
        }
        var read = found.get();
        if (read.isDeleted()) {
            return desk.end(read, () -> remove(read));
        }
        var object = desk.held(read);
        try {
            return write(object);
        } catch (ApiException e) {
            return desk.failed(object, e);
        }
    }

    private Outcome write(Custom object) throws ApiException, InterruptedException {
        var kind = object.subject().kind().entryKind();
        var name = entryName(object);
        var form = form(object, Owner.of(desk.name(), object.subject()));
        var wanted = desk.api().validate(form);
        if (!wanted.kind().equals(kind) || !wanted.name().equals(name)) {
            return desk.refused(
                    object,
                    "Refused",
                    "expected to be "
                            + kind
                            + "/"
                            + name
                            + "; found that the server reads "
                            + wanted.kind()
                            + "/"
                            + wanted.name());
        }
        var there = desk.api().entry(kind, name);
        if (there.isPresent()) {
            var foreign =
                    desk.foreign(
                            object,
                            kind + "/" + name,
                            owner(object, there.get()),
                            other -> !other.isDeleted() && entryName(other).equals(name));
            if (foreign.isPresent()) {
                return desk.refused(object, "NotOurs", foreign.get());
            }
        }
        var isSame = there.filter(entry -> entry.body().equals(wanted.body())).isPresent();
        if (!isSame) {
            desk.mayWrite();
            desk.api().write(form, there.map(StoredEntry::index).orElse(0L));
            desk.events().accept(new OperatorEvent.Written(object.subject(), kind + "/" + name));
        }
        desk.tell(
                object,
                Verdict.synced(
                        "the server has it as " + kind + "/" + name, Desk.named(name), !isSame));
        return new Outcome.Settled();
    }

    private void remove(Custom object) throws ApiException, InterruptedException {
        var kind = object.subject().kind().entryKind();
        var there = desk.api().entry(kind, entryName(object));
        if (there.isPresent()
                && owner(object, there.get())
                        .equals(Optional.of(Owner.of(desk.name(), object.subject())))) {
            desk.mayWrite();
            desk.api().delete(there.get());
            desk.events()
                    .accept(
                            new OperatorEvent.Removed(
                                    object.subject(), kind + "/" + there.get().name()));
        }
    }

    /// Who has written an entry. One without any mark whose object has written it before was edited
    /// by a plain write, which says nothing of marks: a drift like any other.
    private Optional<Owner> owner(Custom object, StoredEntry entry) {
        return Owner.of(meta(entry))
                .or(() ->
                        entry.name().equals(object.status().get("entry"))
                                ? Optional.of(Owner.of(desk.name(), object.subject()))
                                : Optional.empty());
    }

    /// The name of the entry that an object becomes.
    static String entryName(Custom object) {
        if (object.subject().kind() == ResourceKind.EXPORTED_SERVICES) {
            return "default";
        }
        var destination = object.spec().path("destination").path("name").asText("");
        return object.subject().kind() == ResourceKind.SERVICE_INTENTIONS && !destination.isEmpty()
                ? destination
                : object.subject().name();
    }

    static Map<String, String> meta(StoredEntry entry) {
        var meta = new HashMap<String, String>();
        entry.body()
                .path("Meta")
                .properties()
                .forEach(one -> meta.put(one.getKey(), one.getValue().asText()));
        return meta;
    }

    private static ObjectNode form(Custom object, Owner owner) {
        return form(object.subject().kind(), object.subject().name(), object.spec(), owner);
    }

    /// A custom resource as the server reads one: what it does not know it names.
    static ObjectNode form(ResourceKind kind, String name, ObjectNode spec, Owner owner) {
        var form = JsonNodeFactory.instance.objectNode();
        form.put("apiVersion", ApiGroup.HANSA.apiVersion()).put("kind", kind.kind());
        form.putObject("metadata").put("name", name);
        var copy = spec.deepCopy();
        if (copy.path("meta") instanceof ObjectNode meta) {
            owner.mark(meta);
        } else if (!copy.has("meta") || copy.get("meta").isNull()) {
            owner.mark(copy.putObject("meta"));
        }
        form.set("spec", copy);
        return form;
    }
}
