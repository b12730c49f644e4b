package dev.hansa.cli;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Something that is wrong in a datacenter, and how to mend it.
///
/// @param what subject, expected, found
/// @param mend what an operator does about it
record Finding(Severity severity, Check check, String what, String mend) {
    /// Calls fail, or will soon; or it is not as it was meant, and nobody feels it yet.
    enum Severity {
        error,
        warning
    }

    /// What was looked at, in the order of reading.
    enum Check {
        access,
        clocks,
        servers,
        certificates,
        gateways,
        peerings,
        exports,
        intentions,
        resolvers,
        failover
    }

    /// Findings as they are made, of each check not more than a person reads.
    static final class Sheet {
        private static final int MOST = 100;

        private final Map<Check, List<Finding>> byCheck = new EnumMap<>(Check.class);
        private final Map<Check, Integer> more = new EnumMap<>(Check.class);

        void error(Check check, String what, String mend) {
            add(new Finding(Severity.error, check, what, mend));
        }

        void warning(Check check, String what, String mend) {
            add(new Finding(Severity.warning, check, what, mend));
        }

        void add(Finding finding) {
            var found = byCheck.computeIfAbsent(finding.check(), _ -> new ArrayList<>());
            if (found.size() < MOST) {
                found.add(finding);
            } else {
                more.merge(finding.check(), 1, Integer::sum);
            }
        }

        /// By check, errors first.
        List<Finding> all() {
            var all = new ArrayList<Finding>();
            byCheck.forEach((check, found) -> {
                found.stream()
                        .sorted((one, other) -> one.severity().compareTo(other.severity()))
                        .forEach(all::add);
                var rest = more.getOrDefault(check, 0);
                if (rest > 0) {
                    all.add(
                            new Finding(
                                    Severity.warning,
                                    check,
                                    "findings: expected at most "
                                            + MOST
                                            + " of one kind; found "
                                            + rest
                                            + " more",
                                    "mend these first, then ask again"));
                }
            });
            return List.copyOf(all);
        }
    }
}
