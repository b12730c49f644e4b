package dev.hansa.peering.store;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Who keeps the log together at its first start; later the log itself says.
///
/// @param group names the log, the same for all members; empty when this server makes one
/// @param self this server's name among the members, the same for all its lives
/// @param members all of them, this one too
public record Membership(Optional<UUID> group, String self, List<Member> members) {
    /// More would make each write slower and nothing safer.
    public static final int MAX_MEMBERS = 7;

    /// @param address where the other members reach it
    public record Member(String name, InetSocketAddress address) {}

    /// @throws IllegalArgumentException when this server is not among the members, or when there
    ///   are too many
    public Membership {
        members = List.copyOf(members);
        var own = self;
        if (members.stream().noneMatch(member -> member.name().equals(own))) {
            throw new IllegalArgumentException(
                    "members: expected '" + self + "' among them; found " + members);
        }
        if (members.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException(
                    "members: expected at most " + MAX_MEMBERS + "; found " + members.size());
        }
    }

    /// A server on its own. Its port is the system's choice, on loopback.
    public static Membership alone() {
        return new Membership(
                Optional.empty(),
                "server",
                List.of(new Member("server", InetSocketAddress.createUnresolved("127.0.0.1", 0))));
    }

    InetSocketAddress ownAddress() {
        return members.stream()
                .filter(member -> member.name().equals(self))
                .findFirst()
                .orElseThrow()
                .address();
    }
}
