package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.filter.FilterFields;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.EntryAccess;
import dev.hansa.peering.configentry.EntryFilters;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.configentry.UntakenKinds;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.util.Comparator;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// `/v1/config`: the operator's word on mesh, exports, resolvers and intentions.
final class ConfigResource {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final FilterFields<ConfigRecord> OVERVIEW =
            FilterFields.<ConfigRecord>none()
                    .text("Kind", ConfigRecord::kind)
                    .text("Name", ConfigRecord::name);

    private final Store store;
    private final BlockingReads reads;
    private final AuditNotes notes;
    private final Consumer<PeeringEvent> events;

    ConfigResource(
            Store store, BlockingReads reads, AuditNotes notes, Consumer<PeeringEvent> events) {
        this.store = store;
        this.reads = reads;
        this.notes = notes;
        this.events = events;
    }

    ApiAnswer write(ApiRequest request) throws RefusedRequestException {
        var cas = cas(request);
        return switch (entry(request)) {
            case ParsedEntry.Invalid invalid ->
                    ApiAnswer.text(invalid.httpStatus(), sentence(invalid));
            case ParsedEntry.Valid valid -> write(valid, cas);
        };
    }

    /// What a write of the same text would be told, in the same words, and nothing is written: the
    /// entry as it would be kept, or why it is none.
    ApiAnswer validate(ApiRequest request) throws RefusedRequestException {
        return switch (entry(request)) {
            case ParsedEntry.Invalid invalid ->
                    throw RefusedRequestException.bad(sentence(invalid));
            case ParsedEntry.Valid valid -> {
                var refusal = ConfigEntries.refusal(store.now(), valid);
                if (refusal.isPresent()) {
                    throw RefusedRequestException.bad(refusal.get());
                }
                yield ApiAnswer.json(object(valid.kind(), valid.name(), valid.json()));
            }
        };
    }

    /// What the caller has written, if he may write it.
    private static ParsedEntry entry(ApiRequest request) throws RefusedRequestException {
        var entry = ConfigEntries.parse(request.body());
        if (entry instanceof ParsedEntry.Valid valid) {
            for (var need : EntryAccess.write(valid)) {
                request.caller().require(need);
            }
        }
        return entry;
    }

    private static String sentence(ParsedEntry.Invalid invalid) {
        return invalid.httpStatus() == 400
                ? "Request decoding failed: " + invalid.sentence()
                : invalid.sentence();
    }

    /// Who writes on what was before is told so first; the store decides at last.
    private boolean misses(OptionalLong cas, String kind, String name) {
        return cas.isPresent()
                && cas.getAsLong()
                        != store.now().config(kind, name).map(ConfigRecord::modifyIndex).orElse(0L);
    }

    /// The store has not heard of it, and who reads the audit log wants to; whoever asked does not
    /// wait for that.
    private ApiAnswer missed(String what, String kind, String name) {
        notes.stale(what, kind + "/" + name);
        return ApiAnswer.FALSE;
    }

    private ApiAnswer write(ParsedEntry.Valid entry, OptionalLong cas) {
        if (misses(cas, entry.kind(), entry.name())) {
            return missed("config-entry.write", entry.kind(), entry.name());
        }
        var refusal = ConfigEntries.refusal(store.now(), entry);
        if (refusal.isPresent()) {
            return ApiAnswer.text(500, refusal.get());
        }
        var kind = entry.kind();
        var name = entry.name();
        return switch (store.apply(new StoreCommand.PutConfig(kind, name, entry.json(), cas))) {
            case StoreAnswer.Applied(var index) -> {
                events.accept(new PeeringEvent.ConfigWritten(kind, name, index));
                yield ApiAnswer.TRUE;
            }
            case StoreAnswer.Unchanged _ -> ApiAnswer.TRUE;
            case StoreAnswer.Refused _ when cas.isPresent() -> ApiAnswer.FALSE;
            case StoreAnswer.Refused(var reason) -> ApiAnswer.text(500, reason);
        };
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var kind = kind(request);
        var name = request.part("name");
        return reads.read(
                request,
                Scope.CONFIG,
                () ->
                        store.now()
                                .config(kind, name)
                                .map(record -> ApiAnswer.json(json(record)))
                                .orElseGet(() ->
                                        ApiAnswer.text(
                                                404,
                                                "Config entry not found for \""
                                                        + kind
                                                        + "\" / \""
                                                        + ForeignText.shown(name)
                                                        + "\"")));
    }

    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var kind = kind(request);
        var filter = ListFilters.of(request, EntryFilters.of(kind));
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var all = JSON.createArrayNode();
                    store.now()
                            .config(kind)
                            .filter(record ->
                                    request.caller().sees(EntryAccess.read(kind, record.name())))
                            .sorted(Comparator.comparing(ConfigRecord::name))
                            .map(ConfigResource::json)
                            .filter(filter)
                            .forEach(all::add);
                    return ApiAnswer.json(all);
                });
    }

    /// One line for each entry of every kind, without what it says.
    ApiAnswer overview(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var filter = ListFilters.of(request, OVERVIEW);
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var all = JSON.createArrayNode();
                    store.now().config().values().stream()
                            .filter(record ->
                                    request.caller()
                                            .sees(EntryAccess.read(record.kind(), record.name())))
                            .filter(filter)
                            .sorted(
                                    Comparator.comparing(ConfigRecord::kind)
                                            .thenComparing(ConfigRecord::name))
                            .forEach(record ->
                                    all.addObject()
                                            .put("Kind", record.kind())
                                            .put("Name", record.name())
                                            .put("CreateIndex", record.createIndex())
                                            .put("ModifyIndex", record.modifyIndex()));
                    return ApiAnswer.json(all);
                });
    }

    ApiAnswer delete(ApiRequest request) throws RefusedRequestException {
        var kind = kind(request);
        var name = request.part("name");
        if (name.isEmpty()) {
            throw new RefusedRequestException(404, "Must provide both a kind and name to delete");
        }
        var cas = cas(request);
        if (misses(cas, kind, name)) {
            return missed("config-entry.delete", kind, name);
        }
        var refusal = ConfigEntries.refusalToDelete(store.now(), kind, name);
        if (refusal.isPresent()) {
            return ApiAnswer.text(500, refusal.get());
        }
        return switch (store.apply(new StoreCommand.DeleteConfig(kind, name, cas))) {
            case StoreAnswer.Applied(var index) -> {
                events.accept(new PeeringEvent.ConfigDeleted(kind, name, index));
                yield cas.isPresent() ? ApiAnswer.TRUE : ApiAnswer.json(JSON.createObjectNode());
            }
            case StoreAnswer.Unchanged _ ->
                    cas.isPresent() ? ApiAnswer.TRUE : ApiAnswer.json(JSON.createObjectNode());
            case StoreAnswer.Refused _ when cas.isPresent() -> ApiAnswer.FALSE;
            case StoreAnswer.Refused(var reason) -> ApiAnswer.text(500, reason);
        };
    }

    private static String kind(ApiRequest request) throws RefusedRequestException {
        var kind = request.part("kind");
        for (var known : ConfigEntries.kinds()) {
            if (known.equals(kind)) {
                return kind;
            }
        }
        if (UntakenKinds.reason(kind).isPresent()) {
            return kind;
        }
        throw RefusedRequestException.bad(
                "invalid config entry kind: "
                        + ForeignText.shown(kind)
                        + ": expected one of "
                        + String.join(", ", ConfigEntries.kinds()));
    }

    private static OptionalLong cas(ApiRequest request) throws RefusedRequestException {
        var text = request.parameter("cas");
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseUnsignedLong(text.get()));
        } catch (NumberFormatException _) {
            throw RefusedRequestException.bad(
                    "cas: expected a modify index; found '" + ForeignText.shown(text.get()) + "'");
        }
    }

    private static ObjectNode json(ConfigRecord record) {
        return object(record.kind(), record.name(), record.json())
                .put("CreateIndex", record.createIndex())
                .put("ModifyIndex", record.modifyIndex());
    }

    private static ObjectNode object(String kind, String name, String json) {
        try {
            if (JSON.readTree(json) instanceof ObjectNode entry) {
                return entry;
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("config entry " + kind + "/" + name + " is no JSON", e);
        }
        throw new IllegalStateException("config entry " + kind + "/" + name + " is no object");
    }
}
