package dev.hansa.benchmarks.failover;

import java.util.List;

/// How sidecars ask their application, in the words of a sidecar's settings. What an application
/// that hangs costs depends on it.
///
/// @param interval from one question to the next
/// @param timeout how long an answer may take
record Checks(String interval, String timeout) {
    /// Lines of a sidecar's configuration.
    List<String> settings(String service, String kind) {
        var key = "service." + service + ".check";
        return List.of(
                key + " = " + kind, key + "-interval = " + interval, key + "-timeout = " + timeout);
    }
}
