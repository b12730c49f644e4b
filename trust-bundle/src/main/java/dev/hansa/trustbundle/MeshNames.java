package dev.hansa.trustbundle;

/// The names in the ClientHello that gateways route by, in Consul's forms (docs/PROTOCOL.md,
/// "Names"). Namespace and partition are `default` throughout.
public final class MeshNames {
    private MeshNames() {}

    /// A service within its own datacenter.
    public static String service(String service, Datacenter datacenter, TrustDomain trustDomain) {
        return service + ".default." + datacenter + ".internal." + trustDomain;
    }

    /// A service exported to a peer. `importer` is the exporter's own name for the peer that
    /// imports; the trust domain is the exporter's. An importer never makes this name: it takes it
    /// from the catalog that it was sent.
    public static String peeredService(String service, PeerName importer, TrustDomain exporter) {
        return service + ".default.default." + importer + ".external." + exporter;
    }

    /// The servers of a datacenter as its peers dial them.
    public static String peeringServer(Datacenter datacenter, TrustDomain trustDomain) {
        return "server." + datacenter + ".peering." + trustDomain;
    }

    /// The servers of a datacenter as its own proxies dial them. A name of ours: Consul has none
    /// for it.
    public static String controlServer(Datacenter datacenter, TrustDomain trustDomain) {
        return "server." + datacenter + ".control." + trustDomain;
    }
}
