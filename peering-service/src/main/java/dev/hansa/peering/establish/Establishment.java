package dev.hansa.peering.establish;

import dev.hansa.peering.PeeringFailure;
import dev.hansa.token.Fingerprint;

/// What came of establishing a peering with a token.
public sealed interface Establishment {
    /// @param fingerprint of whose token it was, for two operators to compare
    record Established(Fingerprint fingerprint) implements Establishment {}

    record Refused(PeeringFailure failure) implements Establishment {}
}
