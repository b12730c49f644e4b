package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ConfigEntries.StoredIntention;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.PeerName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// `/v1/connect/intentions`: one rule at a time, kept in the `service-intentions` entry of its
/// destination. Beyond Consul's, a source may be a peer's service here too.
final class IntentionResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String KIND = "service-intentions";

    /// In a source: of a rule that was written by itself.
    private static final String OWN_ID = "LegacyID";

    private static final Pattern ID =
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    /// An entry is read, changed and written if nobody else did meanwhile; more writers than this
    /// at once do not come together on one service.
    private static final int ATTEMPTS = 8;

    /// Of one request, each with a list of its own; a proxy asks for the few that it serves.
    private static final int MOST_NAMES = 64;

    private final ApiSettings settings;
    private final Store store;
    private final DenialLog denials;
    private final BlockingReads reads;
    private final Consumer<PeeringEvent> events;

    IntentionResource(
            ApiSettings settings,
            Store store,
            DenialLog denials,
            BlockingReads reads,
            Consumer<PeeringEvent> events) {
        this.settings = settings;
        this.store = store;
        this.denials = denials;
        this.reads = reads;
        this.events = events;
    }

    /// @param id that a rule has of its own
    /// @param held what it is until now, or the rule itself
    private record Named(String id, IntentionPair held) {}

    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var filter = ListFilters.of(request, IntentionJson.FIELDS);
        return reads.read(
                request, Scope.CONFIG, () -> ApiAnswer.json(array(filter, request.caller())));
    }

    private ArrayNode array(Predicate<StoredIntention> wanted, Caller caller) {
        var all = JSON.arrayNode();
        ConfigEntries.intentions(store.now()).stream()
                .filter(wanted)
                .filter(one -> caller.sees(readable(one.intention().destination())))
                .forEach(one -> all.add(IntentionJson.of(one)));
        return all;
    }

    private static Need readable(String destination) {
        return Need.read(Resource.INTENTIONS, destination);
    }

    private static Need writable(IntentionPair pair) {
        return Need.write(Resource.INTENTIONS, pair.destination());
    }

    /// Of the rule that the query names.
    static String destination(ApiRequest request) throws RefusedRequestException {
        return IntentionPair.of(request).destination();
    }

    ApiAnswer exact(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var pair = IntentionPair.of(request);
        return reads.read(request, Scope.CONFIG, () -> found(pair::isStated));
    }

    private ApiAnswer found(Predicate<StoredIntention> wanted) {
        return ConfigEntries.intentions(store.now()).stream()
                .filter(wanted)
                .findFirst()
                .map(one -> ApiAnswer.json(IntentionJson.of(one)))
                .orElseGet(() -> ApiAnswer.text(404, "Intention not found"));
    }

    ApiAnswer put(ApiRequest request) throws RefusedRequestException {
        var pair = IntentionPair.of(request);
        write(pair, JsonFields.read(request.body(), "Failed to decode request body"));
        return ApiAnswer.TRUE;
    }

    ApiAnswer remove(ApiRequest request) throws RefusedRequestException {
        remove(IntentionPair.of(request));
        return ApiAnswer.TRUE;
    }

    /// The older form of Consul's command line.
    ApiAnswer create(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), "Failed to decode request body");
        var pair =
                IntentionPair.of(
                        from(body.text("SourcePeer"), body.text("SourceName")),
                        body.text("DestinationName"));
        request.caller().require(writable(pair));
        requireNone(pair);
        var id = UUID.randomUUID().toString();
        write(pair, body, Optional.of(new Named(id, pair)));
        return ApiAnswer.json(JSON.objectNode().put("ID", id));
    }

    private static String from(String peer, String name) {
        return (peer.isEmpty() ? "" : "peer:" + peer + "/") + name;
    }

    ApiAnswer byId(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var id = id(request);
        var caller = request.caller();
        return reads.read(
                request,
                Scope.CONFIG,
                () ->
                        found(stored ->
                                IntentionJson.id(stored).equals(id)
                                        && caller.sees(
                                                readable(stored.intention().destination()))));
    }

    /// One with an id of its own may get another source; any other's id is made of both ends, so
    /// that another of either is another intention's.
    ApiAnswer putById(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), "Failed to decode request body");
        var stored = named(request);
        var held = IntentionPair.of(stored.intention());
        var said = said(held, body);
        if (said.equals(held)) {
            write(held, body);
        } else if (!said.destination().equals(held.destination())) {
            throw changed("Destination", held.destination(), said.destination());
        } else if (stored.legacyId().isEmpty()) {
            throw changed("Source", held.from(), said.from());
        } else {
            requireNone(said);
            write(said, body, Optional.of(new Named(stored.legacyId(), held)));
        }
        return ApiAnswer.json(JSON.objectNode().put("ID", request.part("id")));
    }

    private void requireNone(IntentionPair pair) throws RefusedRequestException {
        var same =
                ConfigEntries.intentions(store.now()).stream()
                        .filter(pair::isStated)
                        .map(StoredIntention::intention)
                        .findFirst();
        if (same.isPresent()) {
            throw new RefusedRequestException(
                    500, "duplicate intention found: " + same.get().label());
        }
    }

    /// What is not said stays.
    private static IntentionPair said(IntentionPair stored, JsonFields body)
            throws RefusedRequestException {
        var destination = body.text("DestinationName");
        var name = body.text("SourceName");
        var isPeerSaid = !name.isEmpty() || body.has("SourcePeer");
        return IntentionPair.of(
                from(
                        isPeerSaid
                                ? body.text("SourcePeer")
                                : stored.peer().map(PeerName::value).orElse(""),
                        name.isEmpty() ? stored.source() : name),
                destination.isEmpty() ? stored.destination() : destination);
    }

    private static RefusedRequestException changed(String end, String stored, String said) {
        return RefusedRequestException.bad(
                "Cannot modify "
                        + end
                        + " of an intention once it exists: expected '"
                        + stored
                        + "'; found '"
                        + ForeignText.shown(said)
                        + "', which is another intention");
    }

    ApiAnswer removeById(ApiRequest request) throws RefusedRequestException {
        remove(IntentionPair.of(named(request).intention()));
        return ApiAnswer.TRUE;
    }

    /// Clients look for the word in the answer.
    private static String id(ApiRequest request) throws RefusedRequestException {
        var id = request.part("id");
        if (!ID.matcher(id).matches()) {
            throw RefusedRequestException.bad(
                    "id: expected a UUID, as GET /v1/connect/intentions says it; found '"
                            + ForeignText.shown(id)
                            + "'");
        }
        return id;
    }

    private StoredIntention named(ApiRequest request) throws RefusedRequestException {
        var id = id(request);
        var none = new RefusedRequestException(404, "Intention not found");
        var found =
                ConfigEntries.intentions(store.now()).stream()
                        .filter(one -> one.samenessGroup().isEmpty())
                        .filter(one -> IntentionJson.id(one).equals(id))
                        .toList();
        if (found.isEmpty()) {
            throw none;
        }
        for (var one : found) {
            request.caller().requireFound(writable(IntentionPair.of(one.intention())), none);
        }
        if (found.size() > 1) {
            throw RefusedRequestException.bad(
                    "id: expected one intention with it; found "
                            + found.size()
                            + ", which are told apart by source and destination");
        }
        return found.getFirst();
    }

    ApiAnswer match(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var by = IntentionPair.wanted(request, "by");
        if (!List.of("source", "destination").contains(by)) {
            throw new RefusedRequestException(
                    500, "'by' parameter must be one of 'source' or 'destination'");
        }
        IntentionPair.wanted(request, "name");
        // each by the name as it was asked, under which a client looks for its answer
        var matching = new LinkedHashMap<String, Predicate<StoredIntention>>();
        for (var name : request.parameters("name")) {
            matching.put(name, matching(by.equals("source"), IntentionPair.local(name)));
        }
        if (matching.size() > MOST_NAMES) {
            throw RefusedRequestException.bad(
                    "name: expected at most " + MOST_NAMES + " of them; found " + matching.size());
        }
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var json = JSON.objectNode();
                    matching.forEach(
                            (name, wanted) -> json.set(name, array(wanted, request.caller())));
                    return ApiAnswer.json(json);
                });
    }

    private static Predicate<StoredIntention> matching(boolean bySource, String name) {
        var names = List.of(name, Intention.ANY);
        return bySource
                ? one ->
                        one.intention().sourcePeer().isEmpty()
                                && names.contains(one.intention().source())
                : one -> names.contains(one.intention().destination());
    }

    ApiAnswer check(ApiRequest request) throws RefusedRequestException {
        var pair = IntentionPair.of(request);
        var decision =
                ConfigEntries.intentionTable(
                                store.now(), settings.defaultAllow(), pair.destination())
                        .decide(pair.peer(), pair.source(), pair.destination());
        return ApiAnswer.json(JSON.objectNode().put("Allowed", decision.allowed()));
    }

    ApiAnswer denials(ApiRequest request) {
        var all = JSON.arrayNode();
        for (var denial : denials.last()) {
            if (!request.caller().sees(readable(denial.destination()))) {
                continue;
            }
            all.addObject()
                    .put("At", denial.at().toString())
                    .put("Source", denial.source())
                    .put("Destination", denial.destination())
                    .put("Intention", denial.intention())
                    .put("Reason", denial.sentence());
        }
        return ApiAnswer.json(all);
    }

    private void write(IntentionPair pair, JsonFields body) throws RefusedRequestException {
        write(pair, body, Optional.empty());
    }

    private void write(IntentionPair pair, JsonFields body, Optional<Named> named)
            throws RefusedRequestException {
        var group = body.text("SourceSamenessGroup");
        if (!group.isEmpty()) {
            throw RefusedRequestException.bad(
                    "SourceSamenessGroup: expected none, since what a group may is written as the config entry "
                            + KIND
                            + "; found '"
                            + ForeignText.shown(group)
                            + "'");
        }
        var source = JSON.objectNode().put("Name", pair.source());
        pair.peer().ifPresent(peer -> source.put("Peer", peer.value()));
        source.put("Action", body.text("Action"));
        if (body.has("Description")) {
            source.put("Description", body.text("Description"));
        }
        if (body.has("SourceType")) {
            source.put("Type", body.text("SourceType"));
        }
        var meta = body.map("Meta");
        if (!meta.isEmpty()) {
            var kept = source.putObject("LegacyMeta");
            meta.forEach(kept::put);
        }
        // judged where entries are; nothing that is said is dropped silently
        for (var judged : List.of("Permissions", "JWT")) {
            body.field(judged).ifPresent(node -> source.set(judged, node));
        }
        named.ifPresent(one -> source.put(OWN_ID, one.id()));
        change(pair, Optional.of(source), named.map(Named::held).orElse(pair));
    }

    private void remove(IntentionPair pair) throws RefusedRequestException {
        change(pair, Optional.empty(), pair);
    }

    /// Replaces the pair's source in its destination's entry, or takes it out.
    ///
    /// @param held what it replaces, of the same destination
    private void change(IntentionPair pair, Optional<ObjectNode> source, IntentionPair held)
            throws RefusedRequestException {
        for (var attempt = 1; attempt <= ATTEMPTS; attempt++) {
            var record = store.now().config(KIND, pair.destination());
            var before = record.map(ConfigRecord::json).orElse("");
            var entry = entry(pair.destination(), before);
            var taken = taken(entry, held);
            source.ifPresent(one -> {
                var _ = taken(entry, pair);
                taken.filter(own -> !one.has(OWN_ID) && own.has(OWN_ID))
                        .ifPresent(own -> one.set(OWN_ID, own.path(OWN_ID)));
                entry.withArray("Sources").add(one);
            });
            var cas = OptionalLong.of(record.map(ConfigRecord::modifyIndex).orElse(0L));
            if (entry.path("Sources").isEmpty()) {
                if (record.isEmpty()
                        || apply(
                                pair,
                                new StoreCommand.DeleteConfig(KIND, pair.destination(), cas),
                                attempt)) {
                    return;
                }
            } else if (apply(pair, put(entry, cas), attempt)) {
                return;
            }
        }
        throw new RefusedRequestException(
                500,
                "service-intentions '" + pair.destination() + "': it kept changing; try again");
    }

    private static ObjectNode entry(String destination, String json) {
        if (json.isEmpty()) {
            return JSON.objectNode().put("Kind", KIND).put("Name", destination);
        }
        try {
            return (ObjectNode) MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "stored config entry " + KIND + "/" + destination + " is no JSON", e);
        }
    }

    /// Takes the pair's source out of an entry.
    private static Optional<JsonNode> taken(ObjectNode entry, IntentionPair pair) {
        var sources = entry.withArray("Sources");
        for (var i = 0; i < sources.size(); i++) {
            var one = sources.get(i);
            if (one.path("SamenessGroup").asText().isEmpty()
                    && one.path("Name").asText().equals(pair.source())
                    && one.path("Peer")
                            .asText()
                            .equals(pair.peer().map(PeerName::value).orElse(""))) {
                return Optional.of(sources.remove(i));
            }
        }
        return Optional.empty();
    }

    private static StoreCommand put(ObjectNode entry, OptionalLong cas)
            throws RefusedRequestException {
        return switch (ConfigEntries.parse(entry.toString())) {
            case ParsedEntry.Invalid(var sentence, var status) ->
                    throw new RefusedRequestException(status, sentence);
            case ParsedEntry.Valid(var kind, var name, var json) ->
                    new StoreCommand.PutConfig(kind, name, json, cas);
        };
    }

    /// False when somebody else was first.
    private boolean apply(IntentionPair pair, StoreCommand command, int attempt) {
        var answer =
                attempt < ATTEMPTS
                        ? Author.trying(() -> store.apply(command))
                        : store.apply(command);
        return switch (answer) {
            case StoreAnswer.Applied(var index) -> {
                events.accept(
                        command instanceof StoreCommand.DeleteConfig
                                ? new PeeringEvent.ConfigDeleted(KIND, pair.destination(), index)
                                : new PeeringEvent.ConfigWritten(KIND, pair.destination(), index));
                yield true;
            }
            case StoreAnswer.Unchanged _ -> true;
            case StoreAnswer.Refused _ -> false;
        };
    }
}
