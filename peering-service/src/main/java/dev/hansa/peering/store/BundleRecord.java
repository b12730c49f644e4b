package dev.hansa.peering.store;

import dev.hansa.trustbundle.PeerName;
import java.util.List;

/// The last good trust bundle of a peer.
public record BundleRecord(
        PeerName peer, String trustDomain, List<String> rootPems, long modifyIndex) {
    public BundleRecord {
        rootPems = List.copyOf(rootPems);
    }
}
