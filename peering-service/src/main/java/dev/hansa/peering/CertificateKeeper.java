package dev.hansa.peering;

import dev.hansa.peering.config.ExternalCaFiles;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.token.TokenIssuer;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CaPem;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.ca.IssuingCa;
import dev.hansa.trustbundle.ca.LeafCertificate;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// The datacenter's certificate authority out of the store, made at the first start, and this
/// server's own leaf: for both of its TLS listeners and for signing tokens. What the store says is
/// what signs, from the write on.
final class CertificateKeeper {
    /// Renewed at each start, from one third of this life, and when the issuer changes.
    private static final Duration SERVER_LEAF_LIFE = Duration.ofDays(3);

    private final Store store;
    private final CertificateAuthority authority;
    private final Datacenter datacenter;
    private final TrustDomain trustDomain;
    private volatile Read read;
    private volatile Own own;

    /// This server's key and certificate.
    record Own(KeyPair key, LeafCertificate leaf) {
        @Override
        public String toString() {
            return "Own[" + leaf.identity() + "]";
        }
    }

    /// A record, and what it says: reading keys for each certificate would cost more than signing.
    private record Read(CaRecord record, IssuingCa ca) {
        Read(CaRecord record) {
            this(record, issuing(record));
        }
    }

    private CertificateKeeper(Store store, Datacenter datacenter, Clock clock) {
        this.store = store;
        this.datacenter = datacenter;
        this.read = new Read(store.now().ca().orElseThrow());
        this.trustDomain = read.ca().trustDomain();
        this.authority = new CertificateAuthority(this::issuing, clock);
        this.own = fresh();
    }

    /// @param external whence the first authority comes, when it is not to be of our own
    /// @throws IllegalArgumentException when the store belongs to another datacenter, or a file of
    ///   the operator's is not what it has to be
    static CertificateKeeper open(
            Store store, Datacenter datacenter, Optional<ExternalCaFiles> external, Clock clock) {
        if (store.now().ca().isEmpty()) {
            var trustDomain = new TrustDomain(UUID.randomUUID() + ".consul");
            store.apply(
                    new StoreCommand.InitCa(
                            external.map(files ->
                                            NextCa.first(
                                                    trustDomain,
                                                    datacenter,
                                                    files,
                                                    clock.instant()))
                                    .orElseGet(() -> first(trustDomain, datacenter, clock))));
        }
        var kept = store.now().ca().orElseThrow();
        if (!kept.datacenter().equals(datacenter.name())) {
            throw new IllegalArgumentException(
                    "datacenter: expected '"
                            + kept.datacenter()
                            + "', which the data directory belongs to; found '"
                            + datacenter
                            + "'");
        }
        return new CertificateKeeper(store, datacenter, clock);
    }

    private static CaRecord first(TrustDomain trustDomain, Datacenter datacenter, Clock clock) {
        var made = CaMaterial.create(trustDomain, datacenter, clock.instant());
        return new CaRecord(
                trustDomain.name(),
                datacenter.name(),
                made.rootPem(),
                made.rootKeyPem(),
                made.intermediatePem(),
                made.intermediateKeyPem());
    }

    private IssuingCa issuing() {
        var present = store.now().ca().orElseThrow();
        var known = read;
        if (known.record() != present) {
            known = new Read(present);
            read = known;
        }
        return known.ca();
    }

    private static IssuingCa issuing(CaRecord record) {
        var domain = new TrustDomain(record.trustDomain());
        return new IssuingCa(
                domain,
                CaPem.certificate(domain, record.rootPem()),
                CaPem.certificate(domain, record.intermediatePem()),
                CaPem.key(record.intermediateKeyPem()),
                record.bridgePem().stream().map(pem -> CaPem.certificate(domain, pem)).toList(),
                record.rotation().stream()
                        .map(going -> CaPem.certificate(domain, going.otherRootPem()))
                        .toList());
    }

    CertificateAuthority authority() {
        return authority;
    }

    TrustDomain trustDomain() {
        return trustDomain;
    }

    Own own() {
        return own;
    }

    /// A new key and leaf for this server.
    Own renew() {
        own = fresh();
        return own;
    }

    private Own fresh() {
        var key = CertificateRequest.newKey();
        return new Own(
                key,
                authority.issue(
                        key.getPublic(),
                        SpiffeId.server(trustDomain, datacenter),
                        List.of(
                                MeshNames.peeringServer(datacenter, trustDomain),
                                MeshNames.controlServer(datacenter, trustDomain)),
                        SERVER_LEAF_LIFE));
    }

    /// How often [#renew] is due.
    static Duration renewEvery() {
        return SERVER_LEAF_LIFE.dividedBy(3);
    }

    TokenIssuer tokenIssuer() {
        var present = own;
        return new TokenIssuer(present.key().getPrivate(), present.leaf().chain());
    }
}
