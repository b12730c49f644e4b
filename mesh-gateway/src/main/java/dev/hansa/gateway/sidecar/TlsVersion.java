package dev.hansa.gateway.sidecar;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The oldest TLS that a sidecar speaks, as client and as server. Older ones than these are never
/// spoken (RFC 8996).
public enum TlsVersion {
    /// For peers whose proxies are kept at it.
    V1_2("1.2"),
    V1_3("1.3");

    private static final List<String> SUITES =
            List.of(
                    "TLS_AES_128_GCM_SHA256",
                    "TLS_AES_256_GCM_SHA384",
                    "TLS_CHACHA20_POLY1305_SHA256");

    /// Forward secrecy and authenticated encryption, no others (RFC 9325 section 4.2).
    private static final List<String> SUITES_OF_1_2 =
            List.of(
                    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private final String text;

    TlsVersion(String text) {
        this.text = text;
    }

    /// @param text `1.2` or `1.3`
    public static Optional<TlsVersion> named(String text) {
        return Stream.of(values()).filter(version -> version.text.equals(text)).findFirst();
    }

    List<String> protocols() {
        return this == V1_3 ? List.of("TLSv1.3") : List.of("TLSv1.3", "TLSv1.2");
    }

    List<String> suites() {
        return this == V1_3
                ? SUITES
                : Stream.concat(SUITES.stream(), SUITES_OF_1_2.stream()).toList();
    }

    @Override
    public String toString() {
        return text;
    }
}
