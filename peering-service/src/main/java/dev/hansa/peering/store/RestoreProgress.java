package dev.hansa.peering.store;

/// How far a snapshot is on its way into the state, the same on every member.
///
/// @param id the restore's, a UUID
/// @param bytes how long the snapshot's database is
/// @param sha256 of the database, hex
/// @param received how much of it has come
record RestoreProgress(String id, long bytes, String sha256, long received) {
    RestoreProgress received(long more) {
        return new RestoreProgress(id, bytes, sha256, received + more);
    }
}
