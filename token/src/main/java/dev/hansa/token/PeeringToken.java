package dev.hansa.token;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.List;

/// What a peering token says (docs/PROTOCOL.md, "Peering token"). `toString` leaves the secret out.
///
/// @param audience the name of the datacenter that is to dial, or [TokenTerms#ANY_DATACENTER];
///   empty in one of Consul's form, as is the id, and its times mean nothing
/// @param id identifies the token, not secret
/// @param peerId the acceptor's id of the peering
/// @param serverName SNI and DNS name of the acceptor's servers
/// @param serverAddresses `host:port`
/// @param manualServerAddresses when not empty, dialled instead
/// @param caPems every root of the acceptor
public record PeeringToken(
        TrustDomain issuer,
        Datacenter datacenter,
        String audience,
        Instant issuedAt,
        Instant notBefore,
        Instant expiresAt,
        String id,
        String peerId,
        String serverName,
        List<String> serverAddresses,
        List<String> manualServerAddresses,
        List<String> caPems,
        Secret establishmentSecret) {
    public PeeringToken {
        serverAddresses = List.copyOf(serverAddresses);
        manualServerAddresses = List.copyOf(manualServerAddresses);
        caPems = List.copyOf(caPems);
    }
}
