package dev.hansa.peering.configentry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.Route;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Config entries: read from text once, kept in one form, and asked for what they mean.
public final class ConfigEntries {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Every route asks for the same few entries at each change; above this number of entries the
    /// oldest are read again.
    private static final int MAX_REMEMBERED = 4096;

    private static final Map<ConfigRecord, JsonNode> READ =
            Collections.synchronizedMap(
                    new LinkedHashMap<>() {
                        @Override
                        protected boolean removeEldestEntry(
                                Map.Entry<ConfigRecord, JsonNode> eldest) {
                            return size() > MAX_REMEMBERED;
                        }
                    });

    private ConfigEntries() {}

    /// Reads an entry as an operator wrote it: JSON, YAML, or YAML as a custom resource.
    public static ParsedEntry parse(String text) {
        try {
            var read = EntryText.read(text);
            var kind = read.kind();
            var schema = Schemas.byKind().getOrDefault(kind, Shape.fields());
            var normaliser = new Normaliser(kind);
            var entry = normaliser.entry(read.body(), schema);
            entry.put("Kind", kind);
            EntryRules.hold(kind, entry);
            entry.remove(List.of("Partition", "Hash", "CreateIndex", "ModifyIndex"));
            // Again, so that what the rules added stands where it would if it had been written.
            var whole = normaliser.entry(entry, schema);
            return new ParsedEntry.Valid(kind, whole.path("Name").asText(), whole.toString());
        } catch (InvalidEntryException e) {
            return e.told();
        }
    }

    /// The kinds that are known, for whoever lists or names them.
    public static Iterable<String> kinds() {
        return Schemas.byKind().keySet();
    }

    /// Which peer may see what.
    public static ExportPolicy exportPolicy(StoreState state) {
        return state.config(Schemas.EXPORTED_SERVICES, "default")
                .map(record ->
                        new ExportPolicy(
                                each(read(record).path("Services"))
                                        .map(service ->
                                                new ExportPolicy.Export(
                                                        service.path("Name").asText(),
                                                        consumers(service)))
                                        .toList()))
                .orElse(ExportPolicy.NONE);
    }

    private static Set<PeerName> consumers(JsonNode service) {
        return each(service.path("Consumers"))
                .map(consumer -> PeerName.of(consumer.path("Peer").asText()))
                .collect(Collectors.toSet());
    }

    /// Where calls to a service go when it is not, or not healthy, here.
    public static FailoverPolicy failoverPolicy(StoreState state, ServiceName service) {
        return state.config(Schemas.SERVICE_RESOLVER, service.value())
                .map(record -> policy(service, read(record)))
                .orElseGet(() -> FailoverPolicy.none(service));
    }

    private static FailoverPolicy policy(ServiceName service, JsonNode entry) {
        var timeout = GoDuration.parse(entry.path("ConnectTimeout").asText("0s"));
        var redirect = entry.path("Redirect");
        return new FailoverPolicy(
                service,
                timeout.isZero() ? Route.DEFAULT_CONNECT_TIMEOUT : timeout,
                redirect.isMissingNode()
                        ? Optional.empty()
                        : Optional.of(destination(service, redirect)),
                failover(service, entry));
    }

    /// The failover of the default subset, if it has one of its own; else that of any.
    private static List<Destination> failover(ServiceName service, JsonNode entry) {
        var all = entry.path("Failover");
        var own = all.path(entry.path("DefaultSubset").asText());
        var failover = own.isMissingNode() ? all.path("*") : own;
        if (failover.path("Targets").isEmpty()) {
            return failover.path("Service").asText().isEmpty()
                    ? List.of()
                    : List.of(destination(service, failover));
        }
        return each(failover.path("Targets")).map(target -> destination(service, target)).toList();
    }

    private static Destination destination(ServiceName otherwise, JsonNode node) {
        var name = node.path("Service").asText();
        var peer = node.path("Peer").asText();
        return new Destination(
                name.isEmpty() ? otherwise : new ServiceName(name),
                peer.isEmpty() ? Optional.empty() : Optional.of(PeerName.of(peer)));
    }

    /// The rules that may decide a call to `destination`: its own and those for every service.
    public static IntentionTable intentionTable(
            StoreState state, boolean defaultAllow, String destination) {
        var intentions = new ArrayList<Intention>();
        for (var name : List.of(destination, Intention.ANY)) {
            state.config(Schemas.SERVICE_INTENTIONS, name)
                    .ifPresent(record ->
                            each(read(record).path("Sources"))
                                    .map(source -> IntentionRules.intention(name, source))
                                    .forEach(intentions::add));
        }
        return new IntentionTable(defaultAllow, intentions);
    }

    /// A stored intention with what only the API shows.
    ///
    /// @param createIndex of the entry that holds it, as is `modifyIndex`
    public record StoredIntention(
            Intention intention, String description, long createIndex, long modifyIndex) {}

    /// Every intention, the more exact first, then by name.
    public static List<StoredIntention> intentions(StoreState state) {
        return state.config(Schemas.SERVICE_INTENTIONS)
                .flatMap(record ->
                        each(read(record).path("Sources"))
                                .map(source ->
                                        new StoredIntention(
                                                IntentionRules.intention(record.name(), source),
                                                source.path("Description").asText(),
                                                record.createIndex(),
                                                record.modifyIndex())))
                .sorted(
                        Comparator.comparingInt(
                                        (StoredIntention one) -> -one.intention().precedence())
                                .thenComparing(one -> one.intention().destination())
                                .thenComparing(one -> one.intention().source())
                                .thenComparing(one ->
                                        one.intention()
                                                .sourcePeer()
                                                .map(PeerName::value)
                                                .orElse("")))
                .toList();
    }

    /// Whether peerings run through mesh gateways.
    public static boolean throughMeshGateways(StoreState state) {
        return state.config(Schemas.MESH, "mesh")
                .map(record ->
                        read(record)
                                .path("Peering")
                                .path("PeerThroughMeshGateways")
                                .asBoolean(false))
                .orElse(false);
    }

    private static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    private static JsonNode read(ConfigRecord record) {
        return READ.computeIfAbsent(record, ConfigEntries::fresh);
    }

    private static JsonNode fresh(ConfigRecord record) {
        try {
            return JSON.readTree(record.json());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "stored config entry "
                            + record.kind()
                            + "/"
                            + record.name()
                            + ": expected JSON; found something else",
                    e);
        }
    }
}
