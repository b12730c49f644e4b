package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.Shape.COUNT;
import static dev.hansa.peering.configentry.Shape.DECIMAL;
import static dev.hansa.peering.configentry.Shape.FLAG;
import static dev.hansa.peering.configentry.Shape.OPAQUE;
import static dev.hansa.peering.configentry.Shape.TEXT;
import static dev.hansa.peering.configentry.Shape.TIMESPAN;
import static dev.hansa.peering.configentry.Shape.fields;
import static dev.hansa.peering.configentry.Shape.listOf;
import static dev.hansa.peering.configentry.Shape.mapOf;
import static dev.hansa.peering.configentry.Shape.oneOf;

import java.util.LinkedHashMap;
import java.util.Map;

/// The fields of each kind of config entry, under Consul's names. Kind, Name and Meta are common to
/// all.
final class Schemas {
    static final String MESH = "mesh";
    static final String EXPORTED_SERVICES = "exported-services";
    static final String SERVICE_RESOLVER = "service-resolver";
    static final String SERVICE_INTENTIONS = "service-intentions";
    static final String SERVICE_DEFAULTS = "service-defaults";
    static final String PROXY_DEFAULTS = "proxy-defaults";
    static final String SERVICE_ROUTER = "service-router";
    static final String SERVICE_SPLITTER = "service-splitter";
    static final String SAMENESS_GROUP = "sameness-group";

    /// Ours: Consul has no entry for it.
    static final String CLUSTER_IPS = "cluster-ips";

    private static final Shape TLS_VERSION =
            oneOf("", "TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3");
    private static final Shape TLS =
            fields(
                    "TLSMinVersion",
                    TLS_VERSION,
                    "TLSMaxVersion",
                    TLS_VERSION,
                    "CipherSuites",
                    listOf(TEXT));
    private static final Shape MESH_GATEWAY = fields("Mode", oneOf("", "none", "local", "remote"));
    private static final Shape PROXY_MODE = oneOf("", "transparent", "direct");
    private static final Shape MUTUAL_TLS_MODE = oneOf("", "strict", "permissive");
    private static final Shape TRANSPARENT_PROXY =
            fields("OutboundListenerPort", COUNT, "DialedDirectly", FLAG);
    private static final Shape EXPOSE =
            fields(
                    "Checks",
                    FLAG,
                    "Paths",
                    listOf(
                            fields(
                                    "ListenerPort",
                                    COUNT,
                                    "Path",
                                    TEXT,
                                    "LocalPathPort",
                                    COUNT,
                                    "Protocol",
                                    TEXT)));
    private static final Shape EXTENSIONS =
            listOf(
                    fields(
                            "Name",
                            TEXT,
                            "Required",
                            FLAG,
                            "Arguments",
                            OPAQUE,
                            "ConsulVersion",
                            TEXT,
                            "EnvoyVersion",
                            TEXT));
    private static final Shape HEADERS =
            fields("Add", mapOf(TEXT), "Set", mapOf(TEXT), "Remove", listOf(TEXT));
    private static final Shape POLICY = fields("Mode", TEXT, "Regions", listOf(TEXT));

    private static final Map<String, Shape.Fields> BY_KIND = table();

    private Schemas() {}

    /// Kinds in the order in which they are named to operators.
    static Map<String, Shape.Fields> byKind() {
        return BY_KIND;
    }

    private static Map<String, Shape.Fields> table() {
        var table = new LinkedHashMap<String, Shape.Fields>();
        table.put(MESH, mesh());
        table.put(EXPORTED_SERVICES, exportedServices());
        table.put(SERVICE_RESOLVER, serviceResolver());
        table.put(SERVICE_INTENTIONS, serviceIntentions());
        table.put(SERVICE_DEFAULTS, serviceDefaults());
        table.put(PROXY_DEFAULTS, proxyDefaults());
        table.put(SERVICE_ROUTER, serviceRouter());
        table.put(SERVICE_SPLITTER, serviceSplitter());
        table.put(SAMENESS_GROUP, samenessGroup());
        table.put(CLUSTER_IPS, clusterIps());
        table.replaceAll((_, own) -> withCommon(own));
        return table;
    }

    private static Shape.Fields withCommon(Shape.Fields own) {
        var all = new LinkedHashMap<String, Shape>();
        all.put("Kind", TEXT);
        all.put("Name", TEXT);
        // Written by servers into what they show; taken so that what was read can be written.
        all.put("Partition", TEXT);
        all.putAll(own.byName());
        all.put("Meta", mapOf(TEXT));
        all.put("Hash", COUNT);
        all.put("CreateIndex", COUNT);
        all.put("ModifyIndex", COUNT);
        return new Shape.Fields(all, own.aliases());
    }

    private static Shape.Fields mesh() {
        return fields(
                "TransparentProxy", fields("MeshDestinationsOnly", FLAG),
                "AllowEnablingPermissiveMutualTLS", FLAG,
                "ValidateClusters", FLAG,
                "TLS", fields("Incoming", TLS, "Outgoing", TLS),
                "HTTP",
                        fields(
                                "SanitizeXForwardedClientCert",
                                FLAG,
                                "Incoming",
                                fields(
                                        "RequestNormalization",
                                        fields(
                                                "InsecureDisablePathNormalization",
                                                FLAG,
                                                "MergeSlashes",
                                                FLAG,
                                                "PathWithEscapedSlashesAction",
                                                oneOf(
                                                        "",
                                                        "IMPLEMENTATION_SPECIFIC_DEFAULT",
                                                        "KEEP_UNCHANGED",
                                                        "REJECT_REQUEST",
                                                        "UNESCAPE_AND_REDIRECT",
                                                        "UNESCAPE_AND_FORWARD"),
                                                "HeadersWithUnderscoresAction",
                                                oneOf(
                                                        "",
                                                        "ALLOW",
                                                        "REJECT_REQUEST",
                                                        "DROP_HEADER")))),
                "Peering", fields("PeerThroughMeshGateways", FLAG));
    }

    private static Shape.Fields exportedServices() {
        var consumer =
                fields("Peer", TEXT, "Partition", TEXT, "SamenessGroup", TEXT)
                        .alias("peername", "Peer");
        return fields("Services", listOf(fields("Name", TEXT, "Consumers", listOf(consumer))));
    }

    private static Shape.Fields serviceResolver() {
        var target =
                fields(
                        "Service", TEXT,
                        "ServiceSubset", TEXT,
                        "Partition", TEXT,
                        "Datacenter", TEXT,
                        "Peer", TEXT);
        return fields(
                "DefaultSubset", TEXT,
                "Subsets", mapOf(fields("Filter", TEXT, "OnlyPassing", FLAG)),
                "Redirect",
                        fields(
                                "Service", TEXT,
                                "ServiceSubset", TEXT,
                                "Partition", TEXT,
                                "Datacenter", TEXT,
                                "Peer", TEXT,
                                "SamenessGroup", TEXT),
                "Failover",
                        mapOf(
                                fields(
                                        "Service", TEXT,
                                        "ServiceSubset", TEXT,
                                        "Datacenters", listOf(TEXT),
                                        "Targets", listOf(target),
                                        "Policy", POLICY,
                                        "SamenessGroup", TEXT)),
                "PrioritizeByLocality", fields("Mode", TEXT),
                "ConnectTimeout", TIMESPAN,
                "RequestTimeout", TIMESPAN,
                "LoadBalancer",
                        fields(
                                "Policy", TEXT,
                                "RingHashConfig",
                                        fields("MinimumRingSize", COUNT, "MaximumRingSize", COUNT),
                                "LeastRequestConfig", fields("ChoiceCount", COUNT),
                                "HashPolicies",
                                        listOf(
                                                fields(
                                                        "Field",
                                                        TEXT,
                                                        "FieldValue",
                                                        TEXT,
                                                        "CookieConfig",
                                                        fields(
                                                                "Session", FLAG,
                                                                "TTL", TIMESPAN,
                                                                "Path", TEXT),
                                                        "SourceIP",
                                                        FLAG,
                                                        "Terminal",
                                                        FLAG))));
    }

    private static Shape.Fields serviceIntentions() {
        var source =
                fields(
                        "Name", TEXT,
                        "Peer", TEXT,
                        "Partition", TEXT,
                        "SamenessGroup", TEXT,
                        "Action", TEXT,
                        "Permissions", listOf(OPAQUE),
                        "Precedence", COUNT,
                        "Type", TEXT,
                        "Description", TEXT,
                        // of an intention that was written by itself, as Consul keeps it
                        "LegacyID", TEXT,
                        "LegacyMeta", mapOf(TEXT),
                        "LegacyCreateTime", TEXT,
                        "LegacyUpdateTime", TEXT);
        return fields("Sources", listOf(source), "JWT", OPAQUE);
    }

    private static Shape.Fields serviceDefaults() {
        var limits =
                fields(
                        "MaxConnections", COUNT,
                        "MaxPendingRequests", COUNT,
                        "MaxConcurrentRequests", COUNT);
        var health =
                fields(
                        "Interval", TIMESPAN,
                        "MaxFailures", COUNT,
                        "EnforcingConsecutive5xx", COUNT,
                        "MaxEjectionPercent", COUNT,
                        "BaseEjectionTime", TIMESPAN);
        var upstream =
                fields(
                        "Name", TEXT,
                        "Partition", TEXT,
                        "Peer", TEXT,
                        "EnvoyListenerJSON", TEXT,
                        "EnvoyClusterJSON", TEXT,
                        "Protocol", TEXT,
                        "ConnectTimeoutMs", COUNT,
                        "Limits", limits,
                        "PassiveHealthCheck", health,
                        "MeshGateway", MESH_GATEWAY,
                        "BalanceOutboundConnections", TEXT);
        return fields(
                "Protocol", TEXT,
                "Mode", PROXY_MODE,
                "TransparentProxy", TRANSPARENT_PROXY,
                "MutualTLSMode", MUTUAL_TLS_MODE,
                "MeshGateway", MESH_GATEWAY,
                "Expose", EXPOSE,
                "ExternalSNI", TEXT,
                "UpstreamConfig", fields("Overrides", listOf(upstream), "Defaults", upstream),
                "Destination", fields("Addresses", listOf(TEXT), "Port", COUNT),
                "MaxInboundConnections", COUNT,
                "LocalConnectTimeoutMs", COUNT,
                "LocalRequestTimeoutMs", COUNT,
                "BalanceInboundConnections", oneOf("", "exact_balance"),
                "EnvoyExtensions", EXTENSIONS,
                "MaxRequestHeadersKB", COUNT);
    }

    private static Shape.Fields proxyDefaults() {
        return fields(
                "Config", OPAQUE,
                "Mode", PROXY_MODE,
                "TransparentProxy", TRANSPARENT_PROXY,
                "MutualTLSMode", MUTUAL_TLS_MODE,
                "MeshGateway", MESH_GATEWAY,
                "Expose", EXPOSE,
                "AccessLogs",
                        fields(
                                "Enabled",
                                FLAG,
                                "DisableListenerLogs",
                                FLAG,
                                "Type",
                                oneOf("", "file", "stderr", "stdout"),
                                "Path",
                                TEXT,
                                "JSONFormat",
                                TEXT,
                                "TextFormat",
                                TEXT),
                "EnvoyExtensions", EXTENSIONS,
                "FailoverPolicy", POLICY,
                "PrioritizeByLocality", fields("Mode", TEXT));
    }

    private static Shape.Fields serviceRouter() {
        var http =
                fields(
                        "PathExact", TEXT,
                        "PathPrefix", TEXT,
                        "PathRegex", TEXT,
                        "CaseInsensitive", FLAG,
                        "Header",
                                listOf(
                                        fields(
                                                "Name", TEXT, "Present", FLAG, "Exact", TEXT,
                                                "Prefix", TEXT, "Suffix", TEXT, "Regex", TEXT,
                                                "Invert", FLAG)),
                        "QueryParam",
                                listOf(
                                        fields(
                                                "Name", TEXT, "Present", FLAG, "Exact", TEXT,
                                                "Regex", TEXT)),
                        "Methods", listOf(TEXT));
        var destination =
                fields(
                        "Service", TEXT,
                        "ServiceSubset", TEXT,
                        "PrefixRewrite", TEXT,
                        "RequestTimeout", TIMESPAN,
                        "IdleTimeout", TIMESPAN,
                        "NumRetries", COUNT,
                        "RetryOnConnectFailure", FLAG,
                        "RetryOn", listOf(TEXT),
                        "RetryOnStatusCodes", listOf(COUNT),
                        "RequestHeaders", HEADERS,
                        "ResponseHeaders", HEADERS);
        return fields(
                "Routes",
                listOf(fields("Match", fields("HTTP", http), "Destination", destination)));
    }

    private static Shape.Fields serviceSplitter() {
        return fields(
                "Splits",
                listOf(
                        fields(
                                "Weight", DECIMAL,
                                "Service", TEXT,
                                "ServiceSubset", TEXT,
                                "RequestHeaders", HEADERS,
                                "ResponseHeaders", HEADERS)));
    }

    private static Shape.Fields samenessGroup() {
        return fields(
                "DefaultForFailover", FLAG,
                "IncludeLocal", FLAG,
                "Members", listOf(fields("Partition", TEXT, "Peer", TEXT)));
    }

    private static Shape.Fields clusterIps() {
        return fields(
                "Cluster",
                TEXT,
                "Services",
                listOf(
                        fields(
                                "Name",
                                TEXT,
                                "KubernetesService",
                                TEXT,
                                "Addresses",
                                listOf(TEXT),
                                "Ports",
                                listOf(COUNT))));
    }
}
