package dev.hansa.exportedservices;

import java.util.Collection;
import java.util.Locale;

/// A health check's verdict, from best to worst.
public enum CheckStatus {
    PASSING,
    WARNING,
    CRITICAL,
    MAINTENANCE;

    /// The word on the wire and in the API.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @throws IllegalArgumentException for any other word
    public static CheckStatus of(String word) {
        for (var status : values()) {
            if (status.word().equals(word)) {
                return status;
            }
        }
        throw new IllegalArgumentException(
                "expected passing, warning, critical or maintenance; found '" + word + "'");
    }

    /// The worst of all; passing when there is no check.
    public static CheckStatus worst(Collection<CheckStatus> all) {
        return all.stream().max(CheckStatus::compareTo).orElse(PASSING);
    }
}
