package dev.hansa.peering.stream;

import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import java.util.function.Function;

/// Who we are to every peer.
///
/// @param roots our root certificates as PEM, all that are valid at the moment; empty before the
///   certificate authority exists
/// @param exports the `exported-services` entry
public record OwnDatacenter(
        TrustDomain trustDomain,
        Datacenter datacenter,
        Function<StoreState, List<String>> roots,
        Function<StoreState, ExportPolicy> exports,
        AdvertisedAddresses addresses) {
    /// The roots as the store keeps them.
    public static List<String> storedRoots(StoreState state) {
        return state.ca().map(CaRecord::rootPems).orElse(List.of());
    }

    /// The name that peers dial us by.
    public String serverName() {
        return MeshNames.peeringServer(datacenter, trustDomain);
    }
}
