package dev.hansa.peering.history;

import dev.hansa.peering.acl.Need;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// Something that has happened, in words for people.
///
/// @param index above that of every happening before it that this server has seen
/// @param about the name of what it has happened to: a service, a peer, a server, `kind/name` of an
///   entry
/// @param sentence at most [History#LONGEST] characters; no secret
/// @param needs all of what a caller must be allowed to be told of it
public record Happening(
        long index, Instant at, Kind kind, String about, String sentence, List<Need> needs) {
    public Happening {
        needs = List.copyOf(needs);
    }

    public enum Kind {
        /// An instance became well or unwell, or was dropped.
        HEALTH,
        /// A peering began, changed or ended, or its stream did.
        PEERING,
        /// A sidecar or mesh gateway came or went.
        SIDECAR,
        /// Calls of a service went to another target.
        FAILOVER,
        /// A config entry was written or deleted, or an operator steers.
        CONFIG,
        /// Servers, the store, or the certificate authority.
        SERVER;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
