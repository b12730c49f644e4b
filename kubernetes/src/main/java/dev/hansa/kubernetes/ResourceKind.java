package dev.hansa.kubernetes;

/// The kinds of custom resources that are watched.
public enum ResourceKind {
    MESH("Mesh", "meshes", "mesh"),
    EXPORTED_SERVICES("ExportedServices", "exportedservices", "exported-services"),
    SERVICE_RESOLVER("ServiceResolver", "serviceresolvers", "service-resolver"),
    SERVICE_INTENTIONS("ServiceIntentions", "serviceintentions", "service-intentions"),
    SERVICE_DEFAULTS("ServiceDefaults", "servicedefaults", "service-defaults"),
    PROXY_DEFAULTS("ProxyDefaults", "proxydefaults", "proxy-defaults"),
    SERVICE_ROUTER("ServiceRouter", "servicerouters", "service-router"),
    SERVICE_SPLITTER("ServiceSplitter", "servicesplitters", "service-splitter"),
    SAMENESS_GROUP("SamenessGroup", "samenessgroups", "sameness-group"),
    PEERING_ACCEPTOR("PeeringAcceptor", "peeringacceptors", ""),
    PEERING_DIALER("PeeringDialer", "peeringdialers", "");

    private final String kind;
    private final String plural;
    private final String entryKind;

    ResourceKind(String kind, String plural, String entryKind) {
        this.kind = kind;
        this.plural = plural;
        this.entryKind = entryKind;
    }

    /// As a resource names it.
    public String kind() {
        return kind;
    }

    /// As a path names it.
    public String plural() {
        return plural;
    }

    /// The kind of config entry that it becomes; empty for those that become a peering.
    public String entryKind() {
        return entryKind;
    }

    public boolean isEntry() {
        return !entryKind.isEmpty();
    }
}
