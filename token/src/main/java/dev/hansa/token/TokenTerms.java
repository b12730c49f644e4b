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
    /// A token for this very datacenter, in either form.
    public static TokenTerms of(Datacenter own) {
        return new TokenTerms(own, Optional.empty(), false, Optional.empty());
    }

    boolean accepts(String audience) {
        return audience.equals(own.name()) || acceptedAudience.equals(Optional.of(audience));
    }
}
