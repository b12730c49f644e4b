package dev.hansa.peering.cluster;

/// How much of what is live a server knows. What it does not know may be there all the same, and is
/// not to be taken from anybody.
public enum Knowledge {
    /// Whoever was told more before may know better.
    PART,

    /// All but what came last: it was all once, before a restart, or before another server began to
    /// lead. A file that is written a moment later lacks that moment when the process is killed.
    REMEMBERED,

    /// All that there is.
    WHOLE
}
