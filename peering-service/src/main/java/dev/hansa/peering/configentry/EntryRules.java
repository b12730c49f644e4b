package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.regex.Pattern;

/// What an entry of the right shape must still satisfy, in Consul's words where Consul has the
/// rule. Rules about resolvers and intentions have classes of their own.
final class EntryRules {
    /// Consul's limits on Meta.
    private static final int MAX_META = 64;

    private static final int MAX_META_KEY = 128;
    private static final int MAX_META_VALUE = 512;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final List<String> TLS_ORDER =
            List.of("TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3");

    private EntryRules() {}

    /// Adds what is implied, such as a name of which there is only one, then checks.
    static void hold(String kind, ObjectNode entry) throws InvalidEntryException {
        implyName(kind, entry);
        meta(entry.path("Meta"));
        if (!entry.path("Partition").asText().isEmpty()
                && !entry.path("Partition").asText().equals("default")) {
            throw forbidden("Setting Partition requires Consul Enterprise");
        }
        switch (kind) {
            case Schemas.MESH -> mesh(entry);
            case Schemas.EXPORTED_SERVICES -> exportedServices(entry);
            case Schemas.SERVICE_RESOLVER -> ResolverRules.hold(entry);
            case Schemas.SERVICE_INTENTIONS -> IntentionRules.hold(entry);
            case Schemas.SERVICE_DEFAULTS -> DefaultsRules.service(entry);
            case Schemas.PROXY_DEFAULTS -> DefaultsRules.proxy(entry);
            case Schemas.SERVICE_ROUTER -> RouterRules.router(entry);
            case Schemas.SERVICE_SPLITTER -> RouterRules.splitter(entry);
            case Schemas.SAMENESS_GROUP -> SamenessRules.hold(entry);
            case Schemas.CLUSTER_IPS -> ClusterIpRules.hold(entry);
            default -> throw new IllegalStateException("a kind without rules: " + kind);
        }
    }

    private static void implyName(String kind, ObjectNode entry) {
        if (entry.path("Name").asText().isEmpty()) {
            switch (kind) {
                case Schemas.MESH -> entry.put("Name", "mesh");
                case Schemas.EXPORTED_SERVICES -> entry.put("Name", "default");
                case Schemas.PROXY_DEFAULTS -> entry.put("Name", "global");
                default -> {}
            }
        }
    }

    static void meta(JsonNode meta) throws InvalidEntryException {
        if (meta.size() > MAX_META) {
            throw forbidden("Meta exceeds maximum element count " + MAX_META);
        }
        for (var pair : meta.properties()) {
            var key = ForeignText.shown(pair.getKey());
            if (pair.getKey().length() > MAX_META_KEY) {
                throw forbidden("Meta key \"" + key + "\" exceeds maximum length " + MAX_META_KEY);
            }
            if (pair.getValue().asText().length() > MAX_META_VALUE) {
                throw forbidden(
                        "Meta value for key \""
                                + key
                                + "\" exceeds maximum length "
                                + MAX_META_VALUE);
            }
        }
    }

    private static void mesh(ObjectNode entry) throws InvalidEntryException {
        only("mesh", "mesh Name", entry);
        tls("incoming", entry.path("TLS").path("Incoming"));
        tls("outgoing", entry.path("TLS").path("Outgoing"));
        if (!entry.has("TransparentProxy")) {
            entry.putObject("TransparentProxy").put("MeshDestinationsOnly", false);
        }
    }

    private static void only(String name, String subject, ObjectNode entry)
            throws InvalidEntryException {
        var found = entry.path("Name").asText();
        if (!found.equals(name)) {
            throw forbidden(
                    subject
                            + " must be \""
                            + name
                            + "\"; found '"
                            + ForeignText.shown(found)
                            + "'");
        }
    }

    private static void tls(String direction, JsonNode tls) throws InvalidEntryException {
        var subject = "error in " + direction + " TLS configuration: ";
        var min = tls.path("TLSMinVersion").asText();
        var max = tls.path("TLSMaxVersion").asText();
        if (TLS_ORDER.contains(max) && TLS_ORDER.indexOf(max) < TLS_ORDER.indexOf(min)) {
            throw forbidden(
                    subject
                            + "configuring max version "
                            + max
                            + " less than the configured min version "
                            + min
                            + " is invalid");
        }
        if (!tls.path("CipherSuites").isEmpty() && min.equals("TLSv1_3")) {
            throw forbidden(
                    subject
                            + "configuring CipherSuites is only applicable to connections negotiated with TLS 1.2 or earlier, TLSMinVersion is set to "
                            + min);
        }
    }

    private static void exportedServices(ObjectNode entry) throws InvalidEntryException {
        only("default", "exported-services Name", entry);
        var services = entry.path("Services");
        for (var i = 0; i < services.size(); i++) {
            var where = "Services[" + i + "]";
            var name = services.get(i).path("Name").asText();
            if (name.isEmpty()) {
                throw forbidden(where + ": service name cannot be empty");
            }
            service(where + ".Name", name, true);
            var consumers = services.get(i).path("Consumers");
            if (consumers.isEmpty()) {
                throw forbidden(where + ": must have at least one consumer");
            }
            for (var j = 0; j < consumers.size(); j++) {
                consumer(where + ".Consumers[" + j + "]", consumers.get(j));
            }
        }
    }

    private static void consumer(String where, JsonNode consumer) throws InvalidEntryException {
        var peer = consumer.path("Peer").asText();
        var partition = consumer.path("Partition").asText();
        var group = consumer.path("SamenessGroup").asText();
        if (List.of(peer, partition, group).stream().filter(name -> !name.isEmpty()).count() > 1) {
            throw forbidden(
                    where + ": must define at most one of Peer, Partition, or SamenessGroup");
        }
        if (partition.equals("*")) {
            throw forbidden(where + ": exporting to all partitions (wildcard) is not supported");
        }
        if (peer.equals("*")) {
            throw forbidden(where + ": exporting to all peers (wildcard) is not supported");
        }
        if (!partition.isEmpty()) {
            throw forbidden(where + ": partitions are an enterprise-only feature");
        }
        if (!group.isEmpty()) {
            label(where + ".SamenessGroup", group);
            return;
        }
        if (peer.isEmpty()) {
            throw forbidden(where + ": expected a Peer or a SamenessGroup; found neither");
        }
        peer(where + ".Peer", peer);
    }

    /// The entry's name; refused when there is none.
    static String named(ObjectNode entry) throws InvalidEntryException {
        var name = entry.path("Name").asText();
        if (name.isEmpty()) {
            throw forbidden("Name is required");
        }
        return name;
    }

    static void service(String where, String name, boolean anyAllowed)
            throws InvalidEntryException {
        try {
            if (!(anyAllowed && name.equals("*"))) {
                new ServiceName(name);
            }
        } catch (IllegalArgumentException e) {
            throw forbidden(where + ": " + e.getMessage());
        }
    }

    /// A name of something other than a service, of the same form.
    static void label(String where, String name) throws InvalidEntryException {
        if (!LABEL.matcher(name).matches()) {
            throw forbidden(
                    where
                            + ": expected 1 to 63 lower-case letters, digits or '-', beginning and ending with a letter or digit; found '"
                            + ForeignText.shown(name)
                            + "'");
        }
    }

    static void peer(String where, String name) throws InvalidEntryException {
        try {
            PeerName.of(name);
        } catch (IllegalArgumentException e) {
            throw forbidden(where + ": " + e.getMessage());
        }
    }

    static InvalidEntryException forbidden(String sentence) {
        return InvalidEntryException.forbidden(sentence);
    }
}
