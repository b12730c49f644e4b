package dev.hansa.trustbundle;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The bundles that one verifier may use: each speaks for its own trust domain only.
public record BundleSet(Map<TrustDomain, TrustBundle> bundles) {
    public static final BundleSet EMPTY = new BundleSet(Map.of());

    /// @throws IllegalArgumentException when a bundle stands under another's trust domain
    public BundleSet {
        bundles = Map.copyOf(bundles);
        bundles.forEach((domain, bundle) -> {
            if (!domain.equals(bundle.trustDomain())) {
                throw new IllegalArgumentException(
                        "bundle of '" + bundle.trustDomain() + "' under '" + domain + "'");
            }
        });
    }

    public Optional<TrustBundle> of(TrustDomain trustDomain) {
        return Optional.ofNullable(bundles.get(trustDomain));
    }

    public BundleSet with(TrustBundle bundle) {
        var copy = new TreeMap<>(bundles);
        copy.put(bundle.trustDomain(), bundle);
        return new BundleSet(copy);
    }
}
