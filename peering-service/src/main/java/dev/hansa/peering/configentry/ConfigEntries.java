package dev.hansa.peering.configentry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.ConnectionPolicy;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.UpstreamSettings;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
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
        var groups = groups(state);
        return state.config(Schemas.EXPORTED_SERVICES, "default")
                .map(record ->
                        new ExportPolicy(
                                each(read(record).path("Services"))
                                        .map(service ->
                                                new ExportPolicy.Export(
                                                        service.path("Name").asText(),
                                                        consumers(service, groups)))
                                        .toList()))
                .orElse(ExportPolicy.NONE);
    }

    private static Set<PeerName> consumers(JsonNode service, StoredGroups groups) {
        return each(service.path("Consumers"))
                .flatMap(consumer -> {
                    var group = consumer.path("SamenessGroup").asText();
                    return group.isEmpty()
                            ? Stream.of(PeerName.of(consumer.path("Peer").asText()))
                            : groups.named(group).stream().flatMap(found -> found.peers().stream());
                })
                .collect(Collectors.toSet());
    }

    private static StoredGroups groups(StoreState state) {
        return new StoredGroups(
                state.config(Schemas.SAMENESS_GROUP)
                        .collect(
                                Collectors.toMap(
                                        ConfigRecord::name,
                                        record -> SamenessGroup.of(read(record)))));
    }

    /// Where calls to services go that are not, or not healthy, here. What it answers it remembers;
    /// for one thread.
    public static Function<ServiceName, FailoverPolicy> failoverPolicies(StoreState state) {
        var groups = groups(state);
        var known = new HashMap<ServiceName, FailoverPolicy>();
        return service ->
                known.computeIfAbsent(
                        service,
                        name ->
                                RoutePolicies.policy(
                                        name,
                                        entry(state, Schemas.SERVICE_RESOLVER, name),
                                        groups));
    }

    /// Where calls to a service go when it is not, or not healthy, here.
    public static FailoverPolicy failoverPolicy(StoreState state, ServiceName service) {
        return failoverPolicies(state).apply(service);
    }

    /// The services whose callers may have to wait before they go back to a target: they say so
    /// themselves, or send their callers to others.
    public static Set<ServiceName> heldDown(StoreState state) {
        var all = state.config(Schemas.SERVICE_RESOLVER).toList();
        if (all.stream().noneMatch(record -> PreferenceRules.holds(read(record)))) {
            return Set.of();
        }
        return all.stream()
                .filter(record ->
                        PreferenceRules.holds(read(record)) || read(record).has("Redirect"))
                .map(record -> new ServiceName(record.name()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /// What callers and services say of their connections.
    public static ConnectionPolicy connections(StoreState state) {
        return new ConnectionPolicy() {
            @Override
            public UpstreamSettings to(ServiceName caller, UpstreamName upstream) {
                return RoutePolicies.upstream(
                        entry(state, Schemas.SERVICE_DEFAULTS, caller), upstream);
            }

            @Override
            public int mostInto(ServiceName service) {
                return entry(state, Schemas.SERVICE_DEFAULTS, service)
                        .map(defaults ->
                                RoutePolicies.count(defaults.path("MaxInboundConnections")))
                        .orElse(0);
            }
        };
    }

    /// Why an entry may not be written beside those that are there: something would lead nowhere,
    /// or round in a circle. What was so before is not held against it.
    public static Optional<String> refusal(StoreState state, ParsedEntry.Valid entry) {
        var after = byKind(state.config());
        // not remembered: it may be refused
        after.computeIfAbsent(entry.kind(), _ -> new TreeMap<>())
                .put(
                        entry.name(),
                        fresh(new ConfigRecord(entry.kind(), entry.name(), entry.json(), 0, 0)));
        return EntryGraph.newProblem(read(state.config()), new EntryGraph.Entries(after));
    }

    /// Why an entry may not be taken away from those that are there.
    public static Optional<String> refusalToDelete(StoreState state, String kind, String name) {
        var config = new HashMap<>(state.config());
        config.remove(new ConfigKey(kind, name));
        return EntryGraph.newProblem(read(state.config()), read(config));
    }

    private static EntryGraph.Entries read(Map<ConfigKey, ConfigRecord> config) {
        return new EntryGraph.Entries(byKind(config));
    }

    private static Map<String, Map<String, JsonNode>> byKind(Map<ConfigKey, ConfigRecord> config) {
        var byKind = new HashMap<String, Map<String, JsonNode>>();
        config.values()
                .forEach(record ->
                        byKind.computeIfAbsent(record.kind(), _ -> new TreeMap<>())
                                .put(record.name(), read(record)));
        return byKind;
    }

    private static Optional<JsonNode> entry(StoreState state, String kind, ServiceName name) {
        return state.config(kind, name.value()).map(ConfigEntries::read);
    }

    /// The rules that may decide a call to `destination`: its own and those for every service.
    public static IntentionTable intentionTable(
            StoreState state, boolean defaultAllow, String destination) {
        return intentionTable(state, groups(state), defaultAllow, destination);
    }

    /// The same for many destinations: sameness groups are read once.
    public static Function<String, IntentionTable> intentionTables(
            StoreState state, boolean defaultAllow) {
        var groups = groups(state);
        return destination -> intentionTable(state, groups, defaultAllow, destination);
    }

    private static IntentionTable intentionTable(
            StoreState state, StoredGroups groups, boolean defaultAllow, String destination) {
        return intentionTable(
                groups,
                defaultAllow,
                destination,
                name -> state.config(Schemas.SERVICE_INTENTIONS, name).map(ConfigEntries::read));
    }

    private static IntentionTable intentionTable(
            StoredGroups groups,
            boolean defaultAllow,
            String destination,
            Function<String, Optional<JsonNode>> entries) {
        var exact = new ArrayList<Intention>();
        var ofGroups = new ArrayList<Intention>();
        for (var name : List.of(destination, Intention.ANY)) {
            entries.apply(name)
                    .ifPresent(entry -> {
                        for (var source : entry.path("Sources")) {
                            if (source.path("SamenessGroup").asText().isEmpty()) {
                                exact.add(IntentionRules.intention(name, source));
                            } else {
                                ofGroups.addAll(IntentionRules.intentions(name, source, groups));
                            }
                        }
                    });
        }
        // Of two with the same precedence the one that names its source itself decides.
        exact.addAll(ofGroups);
        return new IntentionTable(defaultAllow, exact);
    }

    /// The same with `entry` in the place of the one that is there, or beside those that are. It is
    /// not remembered: it may never be written.
    ///
    /// @param entry `service-intentions` of the destination
    public static IntentionTable intentionTable(
            StoreState state, boolean defaultAllow, ParsedEntry.Valid entry) {
        var unwritten = fresh(new ConfigRecord(entry.kind(), entry.name(), entry.json(), 0, 0));
        return intentionTable(
                groups(state),
                defaultAllow,
                entry.name(),
                name ->
                        name.equals(entry.name())
                                ? Optional.of(unwritten)
                                : state.config(Schemas.SERVICE_INTENTIONS, name)
                                        .map(ConfigEntries::read));
    }

    /// Whether there are rules for calls to this service, beside those for every service.
    public static boolean hasIntentions(StoreState state, String destination) {
        return state.config(Schemas.SERVICE_INTENTIONS, destination).isPresent();
    }

    /// The group that a rule of a table stands for; empty: it names its source itself.
    public static String samenessGroup(StoreState state, Intention rule) {
        var sources =
                state.config(Schemas.SERVICE_INTENTIONS, rule.destination())
                        .map(record -> each(read(record).path("Sources")).toList())
                        .orElse(List.of());
        var isNamed =
                sources.stream()
                        .filter(source -> source.path("SamenessGroup").asText().isEmpty())
                        .anyMatch(source ->
                                IntentionRules.intention(rule.destination(), source).equals(rule));
        if (isNamed) {
            return "";
        }
        var groups = groups(state);
        return sources.stream()
                .filter(source ->
                        IntentionRules.intentions(rule.destination(), source, groups)
                                .contains(rule))
                .map(source -> source.path("SamenessGroup").asText())
                .findFirst()
                .orElse("");
    }

    /// A stored intention with what only the API shows.
    ///
    /// @param samenessGroup whose members' services are its source; empty: it names its source
    ///   itself
    /// @param meta of this rule, not of the entry that holds it
    /// @param legacyId a UUID, of one that was written by itself; empty: it is named by its pair
    /// @param createIndex of the entry that holds it, as is `modifyIndex`
    public record StoredIntention(
            Intention intention,
            String samenessGroup,
            String description,
            Map<String, String> meta,
            String legacyId,
            long createIndex,
            long modifyIndex) {
        public StoredIntention {
            meta = Map.copyOf(meta);
        }
    }

    /// Every intention, the more exact first, then by name.
    public static List<StoredIntention> intentions(StoreState state) {
        return state.config(Schemas.SERVICE_INTENTIONS)
                .flatMap(record ->
                        each(read(record).path("Sources"))
                                .map(source ->
                                        new StoredIntention(
                                                IntentionRules.intention(record.name(), source),
                                                source.path("SamenessGroup").asText(),
                                                source.path("Description").asText(),
                                                texts(source.path("LegacyMeta")),
                                                source.path("LegacyID").asText(),
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

    private static Map<String, String> texts(JsonNode map) {
        return map.properties().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, one -> one.getValue().asText()));
    }

    /// What a service is said to speak.
    public static String protocol(StoreState state, ServiceName service) {
        var own =
                entry(state, Schemas.SERVICE_DEFAULTS, service)
                        .map(entry -> entry.path("Protocol").asText())
                        .orElse("");
        var all =
                state.config(Schemas.PROXY_DEFAULTS, "global")
                        .map(record -> read(record).path("Config").path("protocol").asText())
                        .orElse("");
        return !own.isEmpty() ? own : !all.isEmpty() ? all : "tcp";
    }

    /// Whether peerings run through mesh gateways.
    public static boolean throughMeshGateways(StoreState state) {
        return meshSays(state, "Peering", "PeerThroughMeshGateways");
    }

    /// Whether sidecars that take redirected connections refuse what leads to no service.
    public static boolean meshDestinationsOnly(StoreState state) {
        return meshSays(state, "TransparentProxy", "MeshDestinationsOnly");
    }

    /// Which addresses of Kubernetes clusters stand for which service.
    public static ClusterIps clusterIps(StoreState state) {
        return ClusterIps.of(state.config(Schemas.CLUSTER_IPS).map(ConfigEntries::read).toList());
    }

    private static boolean meshSays(StoreState state, String part, String flag) {
        return state.config(Schemas.MESH, "mesh")
                .map(record -> read(record).path(part).path(flag).asBoolean(false))
                .orElse(false);
    }

    private static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    /// Whether an entry as it was read is held in memory.
    static boolean isRemembered(ConfigRecord record) {
        return READ.containsKey(record);
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
