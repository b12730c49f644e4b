package dev.hansa.peering;

import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.token.TokenIssuer;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.ca.LeafCertificate;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/// The datacenter's certificate authority out of the store, made at the first start, and this
/// server's own leaf: for both of its TLS listeners and for signing tokens.
final class CertificateKeeper {
    /// Renewed at each start and from one third of this life.
    private static final Duration SERVER_LEAF_LIFE = Duration.ofDays(3);

    private final CertificateAuthority authority;
    private final Datacenter datacenter;
    private volatile Own own;

    /// This server's key and certificate.
    record Own(KeyPair key, LeafCertificate leaf) {
        @Override
        public String toString() {
            return "Own[" + leaf.identity() + "]";
        }
    }

    private CertificateKeeper(CertificateAuthority authority, Datacenter datacenter) {
        this.authority = authority;
        this.datacenter = datacenter;
        this.own = fresh();
    }

    /// @throws IllegalArgumentException when the store belongs to another datacenter
    static CertificateKeeper open(Store store, Datacenter datacenter, Clock clock) {
        if (store.now().ca().isEmpty()) {
            var trustDomain = new TrustDomain(UUID.randomUUID() + ".consul");
            var made = CaMaterial.create(trustDomain, datacenter, clock.instant());
            store.apply(
                    new StoreCommand.InitCa(
                            new CaRecord(
                                    trustDomain.name(),
                                    datacenter.name(),
                                    made.rootPem(),
                                    made.rootKeyPem(),
                                    made.intermediatePem(),
                                    made.intermediateKeyPem())));
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
        var material =
                CaMaterial.fromPem(
                        new TrustDomain(kept.trustDomain()),
                        datacenter,
                        kept.rootPem(),
                        kept.rootKeyPem(),
                        kept.intermediatePem(),
                        kept.intermediateKeyPem());
        return new CertificateKeeper(new CertificateAuthority(material, clock), datacenter);
    }

    CertificateAuthority authority() {
        return authority;
    }

    TrustDomain trustDomain() {
        return authority.bundle().trustDomain();
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
                        SpiffeId.server(trustDomain(), datacenter),
                        List.of(
                                MeshNames.peeringServer(datacenter, trustDomain()),
                                MeshNames.controlServer(datacenter, trustDomain())),
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
