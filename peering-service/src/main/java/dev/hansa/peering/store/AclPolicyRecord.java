package dev.hansa.peering.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/// A policy: rules with a name.
///
/// @param rules as they were written, HCL or JSON
/// @param datacenters where it holds, as was said: empty or this one; builds that know of none do
///   not read a log that has some
/// @param createIndex 0 before it is written, as is `modifyIndex`; of a command: of the one that it
///   writes over, which must still be there, or 0 for a new one
public record AclPolicyRecord(
        String id,
        String name,
        String description,
        String rules,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> datacenters,
        long createIndex,
        long modifyIndex) {
    /// Each is a team's or a service's; more are a script that has gone wild.
    public static final int MOST = 4096;

    public AclPolicyRecord {
        // what was written before there was any does not have it
        datacenters = datacenters == null ? List.of() : List.copyOf(datacenters);
    }

    /// One that holds wherever it is.
    public AclPolicyRecord(
            String id,
            String name,
            String description,
            String rules,
            long createIndex,
            long modifyIndex) {
        this(id, name, description, rules, List.of(), createIndex, modifyIndex);
    }

    AclPolicyRecord indexed(long created, long modified) {
        return new AclPolicyRecord(id, name, description, rules, datacenters, created, modified);
    }
}
