package dev.hansa.peering.store;

import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A peering as it is kept. It is an acceptor's or a dialer's, for life: a dialer's has addresses.
///
/// @param id our own id of it, a UUID
/// @param peerId the other side's id; only a dialer knows it (from the token)
/// @param trustDomain the peer's, pinned at establishment: no later bundle may name another
/// @param remoteDatacenter as the peer names itself
/// @param serverName the name in the ClientHello and in the peer's server certificate
/// @param caPems the roots that the peer's server certificate is checked against
/// @param serverAddresses `host:port` of the peer's servers or gateways, as token or stream gave
///   them
/// @param manualAddresses when not empty, used instead of `serverAddresses`
public record PeeringRecord(
        PeerName name,
        String id,
        StoredState state,
        Map<String, String> meta,
        String peerId,
        Optional<TrustDomain> trustDomain,
        String remoteDatacenter,
        String serverName,
        List<String> caPems,
        List<String> serverAddresses,
        List<String> manualAddresses,
        Optional<Instant> deletedAt,
        long createIndex,
        long modifyIndex) {
    public PeeringRecord {
        meta = Map.copyOf(meta);
        caPems = List.copyOf(caPems);
        serverAddresses = List.copyOf(serverAddresses);
        manualAddresses = List.copyOf(manualAddresses);
    }

    /// A new peering on the side that makes the token.
    public static PeeringRecord accepting(PeerName name, String id, Map<String, String> meta) {
        return new PeeringRecord(
                name,
                id,
                StoredState.PENDING,
                meta,
                "",
                Optional.empty(),
                "",
                "",
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                0,
                0);
    }

    public boolean dials() {
        return !serverAddresses.isEmpty() || !manualAddresses.isEmpty();
    }

    public List<String> addressesToDial() {
        return manualAddresses.isEmpty() ? serverAddresses : manualAddresses;
    }

    public PeeringRecord with(StoredState newState) {
        return new PeeringRecord(
                name,
                id,
                newState,
                meta,
                peerId,
                trustDomain,
                remoteDatacenter,
                serverName,
                caPems,
                serverAddresses,
                manualAddresses,
                deletedAt,
                createIndex,
                modifyIndex);
    }

    public PeeringRecord withMeta(Map<String, String> newMeta) {
        return new PeeringRecord(
                name,
                id,
                state,
                newMeta,
                peerId,
                trustDomain,
                remoteDatacenter,
                serverName,
                caPems,
                serverAddresses,
                manualAddresses,
                deletedAt,
                createIndex,
                modifyIndex);
    }

    public PeeringRecord withRemote(TrustDomain newTrustDomain, String newDatacenter) {
        return new PeeringRecord(
                name,
                id,
                state,
                meta,
                peerId,
                Optional.of(newTrustDomain),
                newDatacenter,
                serverName,
                caPems,
                serverAddresses,
                manualAddresses,
                deletedAt,
                createIndex,
                modifyIndex);
    }

    public PeeringRecord withDatacenter(String newDatacenter) {
        return new PeeringRecord(
                name,
                id,
                state,
                meta,
                peerId,
                trustDomain,
                newDatacenter,
                serverName,
                caPems,
                serverAddresses,
                manualAddresses,
                deletedAt,
                createIndex,
                modifyIndex);
    }

    public PeeringRecord withAddresses(List<String> newAddresses) {
        return new PeeringRecord(
                name,
                id,
                state,
                meta,
                peerId,
                trustDomain,
                remoteDatacenter,
                serverName,
                caPems,
                newAddresses,
                manualAddresses,
                deletedAt,
                createIndex,
                modifyIndex);
    }

    public PeeringRecord withCaPems(List<String> newPems) {
        return new PeeringRecord(
                name,
                id,
                state,
                meta,
                peerId,
                trustDomain,
                remoteDatacenter,
                serverName,
                newPems,
                serverAddresses,
                manualAddresses,
                deletedAt,
                createIndex,
                modifyIndex);
    }

    /// What is left of a peering that is being deleted: its names and addresses, for the goodbye.
    public PeeringRecord deleting(Instant at) {
        return new PeeringRecord(
                name,
                id,
                StoredState.DELETING,
                Map.of(),
                "",
                Optional.empty(),
                "",
                "",
                List.of(),
                serverAddresses,
                manualAddresses,
                Optional.of(at),
                createIndex,
                modifyIndex);
    }

    public PeeringRecord indexed(long create, long modify) {
        return new PeeringRecord(
                name,
                id,
                state,
                meta,
                peerId,
                trustDomain,
                remoteDatacenter,
                serverName,
                caPems,
                serverAddresses,
                manualAddresses,
                deletedAt,
                create,
                modify);
    }
}
