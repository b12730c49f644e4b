package dev.hansa.peering.stream;

import java.util.List;

/// Which address of a peer is dialled next: each in turn, unless a follower named its leader.
final class DialRing {
    private int attempt;

    /// @param addresses may be others than last time; not empty
    String next(List<String> addresses) {
        var index = attempt % addresses.size();
        attempt = index + 1;
        return addresses.get(index);
    }

    /// A server that is not the leader said who is. Followed only to an address that the peer's
    /// servers were known by before: a name in an error is no reason to dial a stranger.
    ///
    /// @return whether that address is dialled next
    boolean follow(String leader, List<String> addresses) {
        var index = addresses.indexOf(leader);
        if (index < 0) {
            return false;
        }
        attempt = index;
        return true;
    }
}
