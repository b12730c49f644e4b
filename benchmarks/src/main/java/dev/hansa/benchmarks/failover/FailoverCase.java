package dev.hansa.benchmarks.failover;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What is done to the datacenters; [HansaCases] says it in steps.
enum FailoverCase {
    KILL("kill"),
    DEREGISTER("deregister"),
    DROP("drop"),
    FREEZE_APP("freeze-app"),
    CRITICAL("critical"),
    GATEWAY_DIES("gateway-dies"),
    MOVED("moved"),
    DATACENTER_DIES("datacenter-dies"),

    /// The last one: without control planes its instances stay in the callers' tables.
    LOCAL_3("local-3");

    private final String word;

    FailoverCase(String word) {
        this.word = word;
    }

    /// As the figures name it.
    String word() {
        return word;
    }

    static List<String> words() {
        return Arrays.stream(values()).map(FailoverCase::word).toList();
    }

    static Optional<FailoverCase> named(String word) {
        return Arrays.stream(values()).filter(one -> one.word.equals(word)).findFirst();
    }
}
