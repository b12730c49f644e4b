package dev.hansa.token;

import dev.hansa.trustbundle.Datacenter;
import java.util.Optional;

/// What a datacenter asks of a token before it takes it.
///
/// @param own this datacenter, which the token must be for
/// @param acceptedAudience another datacenter's name that the operator knows the token to be for,
///   and means
/// @param requiresSigned a token that nobody signed, as Consul's are, is refused
/// @param expectedFingerprint what the token's issuer said that its fingerprint is, in digits or in
///   words; empty: trusted on first use
public record TokenTerms(
        Datacenter own,
        Optional<String> acceptedAudience,
        boolean requiresSigned,
        Optional<String> expectedFingerprint) {
    /// The audience of a token that was made for whoever has it: no datacenter is called so. A
    /// peering has a name at either side, and Consul's clients say no more than that.
    public static final String ANY_DATACENTER = "*";

    /// A token for this very datacenter, in either form.
    public static TokenTerms of(Datacenter own) {
        return new TokenTerms(own, Optional.empty(), false, Optional.empty());
    }

    boolean accepts(String audience) {
        return audience.equals(ANY_DATACENTER)
                || audience.equals(own.name())
                || acceptedAudience.equals(Optional.of(audience));
    }
}
