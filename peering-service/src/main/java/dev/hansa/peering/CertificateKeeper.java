package dev.hansa.peering;

import dev.hansa.peering.cluster.ServerCertificate;
import dev.hansa.peering.config.ExternalCaFiles;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.token.TokenIssuer;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.IssuingCa;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/// The datacenter's certificate authority out of the store, made at the first start, and this
/// server's own leaf: for both of its TLS listeners and for signing tokens. What the store says is
/// what signs, from the write on.
final class CertificateKeeper {
    private final Store store;
    private final CertificateAuthority authority;
    private final Datacenter datacenter;
    private final TrustDomain trustDomain;
    private volatile Read read;
    private volatile ServerCertificate own;

    /// A record, and what it says: reading keys for each certificate would cost more than signing.
    private record Read(CaRecord record, IssuingCa ca) {
        Read(CaRecord record) {
            this(record, record.issuing());
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

    /// @param first the authority to begin with, where the store has none
    /// @throws IllegalArgumentException when the store belongs to another datacenter
    static CertificateKeeper open(
            Store store, Datacenter datacenter, Supplier<CaRecord> first, Clock clock) {
        if (store.now().ca().isEmpty()) {
            store.apply(new StoreCommand.InitCa(first.get()));
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

    /// A new authority.
    ///
    /// @param external whence it comes, when it is not to be of our own
    /// @throws IllegalArgumentException when a file of the operator's is not what it has to be
    static CaRecord first(Datacenter datacenter, Optional<ExternalCaFiles> external, Clock clock) {
        var trustDomain = new TrustDomain(UUID.randomUUID() + ".consul");
        if (external.isPresent()) {
            return NextCa.first(trustDomain, datacenter, external.get(), clock.instant());
        }
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

    CertificateAuthority authority() {
        return authority;
    }

    TrustDomain trustDomain() {
        return trustDomain;
    }

    ServerCertificate own() {
        return own;
    }

    /// A new key and leaf for this server.
    ServerCertificate renew() {
        own = fresh();
        return own;
    }

    private ServerCertificate fresh() {
        return ServerCertificate.issue(authority, trustDomain, datacenter);
    }

    /// How often [#renew] is due.
    static Duration renewEvery() {
        return ServerCertificate.LIFE.dividedBy(3);
    }

    TokenIssuer tokenIssuer() {
        var present = own;
        return new TokenIssuer(present.key().getPrivate(), present.leaf().chain());
    }
}
