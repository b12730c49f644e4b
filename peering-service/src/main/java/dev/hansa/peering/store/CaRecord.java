package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaPem;
import dev.hansa.trustbundle.ca.IssuingCa;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The datacenter's certificate authority as it is kept: certificates as PEM, private keys as
/// PKCS#8 PEM. Each step of a rotation is another record, written whole.
///
/// @param rootKeyPem empty when the root is an operator's own
/// @param bridgePem this root's key, certified by the root before it
/// @param generation grows by one with each change
public record CaRecord(
        String trustDomain,
        String datacenter,
        String rootPem,
        Secret rootKeyPem,
        String intermediatePem,
        Secret intermediateKeyPem,
        Optional<String> bridgePem,
        long generation,
        Optional<Rotation> rotation) {

    /// A first one, before any rotation.
    public CaRecord(
            String trustDomain,
            String datacenter,
            String rootPem,
            Secret rootKeyPem,
            String intermediatePem,
            Secret intermediateKeyPem) {
        this(
                trustDomain,
                datacenter,
                rootPem,
                rootKeyPem,
                intermediatePem,
                intermediateKeyPem,
                Optional.empty(),
                0,
                Optional.empty());
    }

    /// What a rotation waits for.
    public enum Phase {
        /// Both roots are published; the old one signs.
        PUBLISHING,
        /// Both roots are published; the new one signs.
        RETIRING
    }

    /// A rotation in progress.
    ///
    /// @param otherRootPem published beside the one that signs: first the new root, then the old
    /// @param next what will sign; empty once it does
    /// @param since when this phase began
    /// @param holders proxies that had a certificate of the old root when this phase began
    /// @param told peers that have acknowledged both roots
    public record Rotation(
            Phase phase,
            String otherRootPem,
            Optional<Next> next,
            Instant startedAt,
            Instant since,
            Set<String> holders,
            Set<String> told) {
        public Rotation {
            holders = Set.copyOf(holders);
            told = Set.copyOf(told);
        }
    }

    /// What will sign.
    ///
    /// @param rootKeyPem empty when the root is an operator's own
    /// @param bridgePem empty when the present root's key is not ours to certify with
    public record Next(
            String rootPem,
            Secret rootKeyPem,
            String intermediatePem,
            Secret intermediateKeyPem,
            Optional<String> bridgePem) {}

    /// Publishes the next root beside the present one.
    public CaRecord publishing(Next next, Set<String> holders, Instant now) {
        return with(
                Optional.of(
                        new Rotation(
                                Phase.PUBLISHING,
                                next.rootPem(),
                                Optional.of(next),
                                now,
                                now,
                                holders,
                                Set.of())));
    }

    /// Lets the next one sign. The old root's keys are gone with this.
    public CaRecord retiring(Set<String> holders, Set<String> told, Instant now) {
        var going = rotation.orElseThrow();
        var next = going.next().orElseThrow();
        return new CaRecord(
                trustDomain,
                datacenter,
                next.rootPem(),
                next.rootKeyPem(),
                next.intermediatePem(),
                next.intermediateKeyPem(),
                next.bridgePem(),
                generation + 1,
                Optional.of(
                        new Rotation(
                                Phase.RETIRING,
                                rootPem,
                                Optional.empty(),
                                going.startedAt(),
                                now,
                                holders,
                                told)));
    }

    /// Withdraws the old root. The bridge stays: who was away still finds the way over it.
    public CaRecord retired() {
        return with(Optional.empty());
    }

    /// Another intermediate under the same root.
    public CaRecord withIntermediate(String pem, Secret keyPem) {
        return new CaRecord(
                trustDomain,
                datacenter,
                rootPem,
                rootKeyPem,
                pem,
                keyPem,
                bridgePem,
                generation + 1,
                rotation);
    }

    private CaRecord with(Optional<Rotation> next) {
        return new CaRecord(
                trustDomain,
                datacenter,
                rootPem,
                rootKeyPem,
                intermediatePem,
                intermediateKeyPem,
                bridgePem,
                generation + 1,
                next);
    }

    /// The roots that speak for the trust domain, the one that signs first.
    public List<String> rootPems() {
        return rotation.map(going -> List.of(rootPem, going.otherRootPem()))
                .orElseGet(() -> List.of(rootPem));
    }

    /// Names the certificate that signs leaves, as a snapshot of routes does.
    public String issuer() {
        return TrustBundle.fingerprint(
                TrustBundle.fromPem(new TrustDomain(trustDomain), List.of(intermediatePem))
                        .roots()
                        .getFirst());
    }

    /// What signs now, with its keys read.
    public IssuingCa issuing() {
        var domain = new TrustDomain(trustDomain);
        return new IssuingCa(
                domain,
                CaPem.certificate(domain, rootPem),
                CaPem.certificate(domain, intermediatePem),
                CaPem.key(intermediateKeyPem),
                bridgePem.stream().map(pem -> CaPem.certificate(domain, pem)).toList(),
                rotation.stream()
                        .map(going -> CaPem.certificate(domain, going.otherRootPem()))
                        .toList());
    }
}
