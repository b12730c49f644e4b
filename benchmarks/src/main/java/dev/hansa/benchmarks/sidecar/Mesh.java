package dev.hansa.benchmarks.sidecar;

import dev.hansa.benchmarks.MeshCertificates;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Who is who in a run: one authority for all proxies, the load and the backend, and a stranger's.
public final class Mesh {
    /// Whom the load calls by TLS; each proxy stands for it.
    public static final String CALLED = "store";

    /// Whom each proxy calls by TLS; the backend stands for it.
    public static final String BACKEND = "ledger";

    /// As whom the load, and each proxy, calls.
    public static final String CALLER = "caller";

    public static final Datacenter DATACENTER = new Datacenter("bench");

    private static final TrustDomain TRUST_DOMAIN = new TrustDomain("bench.example");

    private final MeshCertificates own;

    /// @param folder for certificates and keys
    public Mesh(Path folder) throws IOException {
        own = new MeshCertificates(folder, "mesh", TRUST_DOMAIN, DATACENTER);
        // the same names, which nobody here has reason to believe
        var strangers = new MeshCertificates(folder, "strangers", TRUST_DOMAIN, DATACENTER);
        for (var service : List.of(CALLED, CALLER, BACKEND)) {
            own.issue(service, List.of(name(service)));
        }
        strangers.issue(BACKEND, List.of(name(BACKEND)));
    }

    /// By which a service is called.
    public static String name(String service) {
        return MeshNames.service(service, DATACENTER, TRUST_DOMAIN);
    }

    static String uri(String service) {
        return SpiffeId.service(TRUST_DOMAIN, DATACENTER, service).uri();
    }

    /// The authority that is believed, of a folder's files.
    static TrustBundle bundle(Path folder) throws IOException {
        return TrustBundle.fromPem(
                TRUST_DOMAIN, List.of(Files.readString(folder.resolve("mesh-root.pem"))));
    }

    /// Flags of a server that signs with this authority.
    public List<String> serverFlags() {
        return List.of(
                "--ca-root-file",
                own.root().toString(),
                "--ca-intermediate-file",
                own.intermediate().toString(),
                "--ca-intermediate-key-file",
                own.intermediateKey().toString(),
                "--intentions-default-allow",
                "true");
    }

    /// What the peers' configurations say of it.
    ///
    /// @param secured where the backend ends TLS
    public Map<String, String> holes(String host, int secured) {
        var holes = new HashMap<String, String>();
        holes.put("root", own.root().toString());
        holes.put("trust.domain", TRUST_DOMAIN.name());
        for (var service : List.of(CALLED, CALLER)) {
            var role = service.equals(CALLED) ? "server" : "client";
            holes.put(role + ".chain", own.chain(service).toString());
            holes.put(role + ".key", own.key(service).toString());
            holes.put(role + ".both", own.both(service).toString());
        }
        holes.put("secured", host + ":" + secured);
        holes.put("secured.host", host);
        holes.put("secured.port", Integer.toString(secured));
        holes.put("secured.name", name(BACKEND));
        holes.put("secured.identity", uri(BACKEND));
        return holes;
    }
}
