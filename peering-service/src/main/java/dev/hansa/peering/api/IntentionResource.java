package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
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
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// `/v1/connect/intentions`: one rule at a time, kept in the `service-intentions` entry of its
/// destination. Beyond Consul's, a source may be a peer's service here too.
final class IntentionResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String KIND = "service-intentions";

    private static final Pattern DEFAULTS = Pattern.compile("^(default/){1,2}(?=[^/]*$)");

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

    /// Who is meant by a rule, as a text names it.
    private record Pair(String source, Optional<PeerName> peer, String destination) {
        /// A sameness group's rule names no pair of its own.
        boolean isStated(StoredIntention stored) {
            return stored.samenessGroup().isEmpty() && isOf(stored.intention());
        }

        boolean isOf(Intention intention) {
            return intention.source().equals(source)
                    && intention.sourcePeer().equals(peer)
                    && intention.destination().equals(destination);
        }

        /// As a query names it.
        String from() {
            return peer.map(one -> "peer:" + one + "/").orElse("") + source;
        }
    }

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

    private static Need writable(Pair pair) {
        return Need.write(Resource.INTENTIONS, pair.destination());
    }

    /// Of the rule that the query names.
    static String destination(ApiRequest request) throws RefusedRequestException {
        return pair(request).destination();
    }

    ApiAnswer exact(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var pair = pair(request);
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
        var pair = pair(request);
        write(pair, JsonFields.read(request.body(), "Failed to decode request body"));
        return ApiAnswer.TRUE;
    }

    ApiAnswer remove(ApiRequest request) throws RefusedRequestException {
        remove(pair(request));
        return ApiAnswer.TRUE;
    }

    /// The older form of Consul's command line.
    ApiAnswer create(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), "Failed to decode request body");
        var pair =
                pair(
                        from(body.text("SourcePeer"), body.text("SourceName")),
                        body.text("DestinationName"));
        request.caller().require(writable(pair));
        var same =
                ConfigEntries.intentions(store.now()).stream()
                        .filter(pair::isStated)
                        .map(StoredIntention::intention)
                        .findFirst();
        if (same.isPresent()) {
            throw new RefusedRequestException(
                    500, "duplicate intention found: " + same.get().label());
        }
        write(pair, body);
        return ApiAnswer.json(
                JSON.objectNode()
                        .put(
                                "ID",
                                IntentionJson.id(
                                        new Intention(
                                                pair.source(),
                                                pair.peer(),
                                                pair.destination(),
                                                true))));
    }

    private static String from(String peer, String name) {
        return (peer.isEmpty() ? "" : "peer:" + peer + "/") + name;
    }

    ApiAnswer byId(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var id = request.part("id");
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

    ApiAnswer putById(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), "Failed to decode request body");
        var pair = named(request);
        requireSame(pair, body);
        write(pair, body);
        return ApiAnswer.json(JSON.objectNode().put("ID", request.part("id")));
    }

    /// An id is made of source and destination: another of either is another intention's. What is
    /// not said stays.
    private static void requireSame(Pair stored, JsonFields body) throws RefusedRequestException {
        var destination = body.text("DestinationName");
        var name = body.text("SourceName");
        var isPeerSaid = !name.isEmpty() || body.has("SourcePeer");
        var said =
                pair(
                        from(
                                isPeerSaid
                                        ? body.text("SourcePeer")
                                        : stored.peer().map(PeerName::value).orElse(""),
                                name.isEmpty() ? stored.source() : name),
                        destination.isEmpty() ? stored.destination() : destination);
        if (!said.destination().equals(stored.destination())) {
            throw changed("Destination", stored.destination(), said.destination());
        }
        if (!said.equals(stored)) {
            throw changed("Source", stored.from(), said.from());
        }
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
        remove(named(request));
        return ApiAnswer.TRUE;
    }

    private Pair named(ApiRequest request) throws RefusedRequestException {
        var id = request.part("id");
        var none = new RefusedRequestException(404, "Intention not found");
        for (var stored : ConfigEntries.intentions(store.now())) {
            var intention = stored.intention();
            if (stored.samenessGroup().isEmpty() && IntentionJson.id(intention).equals(id)) {
                var pair =
                        new Pair(
                                intention.source(),
                                intention.sourcePeer(),
                                intention.destination());
                request.caller().requireFound(writable(pair), none);
                return pair;
            }
        }
        throw none;
    }

    ApiAnswer match(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var by = wanted(request, "by");
        if (!List.of("source", "destination").contains(by)) {
            throw new RefusedRequestException(
                    500, "'by' parameter must be one of 'source' or 'destination'");
        }
        wanted(request, "name");
        // each by the name as it was asked, under which a client looks for its answer
        var matching = new LinkedHashMap<String, Predicate<StoredIntention>>();
        for (var name : request.parameters("name")) {
            matching.put(name, matching(by.equals("source"), local(name)));
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

    private static String wanted(ApiRequest request, String parameter)
            throws RefusedRequestException {
        var value = request.parameter(parameter).orElse("");
        if (value.isEmpty()) {
            throw new RefusedRequestException(
                    500, "required query parameter '" + parameter + "' not set");
        }
        return value;
    }

    ApiAnswer check(ApiRequest request) throws RefusedRequestException {
        var pair = pair(request);
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

    private static Pair pair(ApiRequest request) throws RefusedRequestException {
        return pair(wanted(request, "source"), wanted(request, "destination"));
    }

    private static Pair pair(String source, String destination) throws RefusedRequestException {
        if (destination.startsWith("peer:")) {
            throw RefusedRequestException.bad(
                    "destination \""
                            + ForeignText.shown(destination)
                            + "\" is invalid: cannot specify a peer here");
        }
        if (!source.startsWith("peer:")) {
            return new Pair(local(source), Optional.empty(), local(destination));
        }
        var slash = source.indexOf('/');
        if (slash < 0) {
            throw RefusedRequestException.bad(
                    "source: expected <service> or peer:<peer>/<service>; found '"
                            + ForeignText.shown(source)
                            + "'");
        }
        var peer = ApiRequest.read(source.substring("peer:".length(), slash), PeerName::of);
        return new Pair(local(source.substring(slash + 1)), Optional.of(peer), local(destination));
    }

    /// A name, maybe with the one namespace that there is, and that with the one partition.
    private static String local(String name) throws RefusedRequestException {
        var bare = DEFAULTS.matcher(name).replaceFirst("");
        return bare.equals(Intention.ANY) ? bare : ApiRequest.read(bare, ServiceName::new).value();
    }

    private void write(Pair pair, JsonFields body) throws RefusedRequestException {
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
        change(pair, Optional.of(source));
    }

    private void remove(Pair pair) throws RefusedRequestException {
        change(pair, Optional.empty());
    }

    /// Replaces the pair's source in its destination's entry, or takes it out.
    private void change(Pair pair, Optional<ObjectNode> source) throws RefusedRequestException {
        for (var attempt = 1; attempt <= ATTEMPTS; attempt++) {
            var record = store.now().config(KIND, pair.destination());
            var before = record.map(ConfigRecord::json).orElse("");
            var entry = without(pair, before);
            source.ifPresent(entry.withArray("Sources")::add);
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

    private static ObjectNode without(Pair pair, String json) {
        var entry = JSON.objectNode().put("Kind", KIND).put("Name", pair.destination());
        var sources = entry.putArray("Sources");
        if (json.isEmpty()) {
            return entry;
        }
        try {
            var read = (ObjectNode) MAPPER.readTree(json);
            for (var one : read.path("Sources")) {
                if (!one.path("SamenessGroup").asText().isEmpty()
                        || !one.path("Name").asText().equals(pair.source())
                        || !one.path("Peer")
                                .asText()
                                .equals(pair.peer().map(PeerName::value).orElse(""))) {
                    sources.add(one);
                }
            }
            read.set("Sources", sources);
            return read;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "stored config entry " + KIND + "/" + pair.destination() + " is no JSON", e);
        }
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
    private boolean apply(Pair pair, StoreCommand command, int attempt) {
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
