package dev.hansa.peering.store;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// What a snapshot says of itself. Its names are in released files: a component goes or changes its
/// meaning only with another [SnapshotFile#FORMAT].
///
/// @param trustDomain empty when the datacenter had no certificate authority yet
/// @param index of the state
/// @param logTerm of the last entry of the log that is in it, as is `logIndex`
/// @param schema of the database
/// @param rows how many of each kind
/// @param bytes how long the database is
/// @param sha256 of the database, hex
public record SnapshotMetadata(
        String datacenter,
        String trustDomain,
        long index,
        long logTerm,
        long logIndex,
        Instant madeAt,
        int schema,
        Map<String, Long> rows,
        long bytes,
        String sha256) {
    public SnapshotMetadata {
        // in one order, so that two lines of the same content are the same
        rows = Collections.unmodifiableMap(new TreeMap<>(rows));
        if (bytes < 0 || index < 0 || schema < 1 || !sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "snapshot: expected metadata of a database; found "
                            + bytes
                            + " bytes, index "
                            + index
                            + ", schema "
                            + schema);
        }
    }
}
