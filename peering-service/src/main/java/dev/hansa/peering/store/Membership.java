package dev.hansa.peering.store;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Who keeps the log together at its first start; later the log itself says.
///
/// @param group names the log, the same for all members; empty when this server makes one
/// @param self this server's name among the members, the same for all its lives
/// @param listen where the other members reach this server
/// @param founders all members that begin the log, this one too; empty for a server that is added
///   to a log that others keep
/// @param bindHost what is listened on, where `listen` is a name or an address of somebody who
///   passes on; empty: the host of `listen`
public record Membership(
        Optional<UUID> group,
        String self,
        InetSocketAddress listen,
        List<Member> founders,
        Optional<String> bindHost) {
    /// More would make each write slower and nothing safer.
    public static final int MAX_MEMBERS = 7;

    /// The name of a server that begins a log.
    public static final String FOUNDER = "server";

    /// Only this machine, at a port of the system's choice: for a server that nobody joins.
    public static final InetSocketAddress NOBODY_JOINS =
            InetSocketAddress.createUnresolved("127.0.0.1", 0);

    /// @param address where the other members reach it
    public record Member(String name, InetSocketAddress address) {}

    /// @throws IllegalArgumentException when there are founders without this server, or too many
    public Membership {
        founders = List.copyOf(founders);
        var own = self;
        if (!founders.isEmpty() && founders.stream().noneMatch(one -> one.name().equals(own))) {
            throw new IllegalArgumentException(
                    "members: expected '" + self + "' among them; found " + founders);
        }
        if (founders.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException(
                    "members: expected at most " + MAX_MEMBERS + "; found " + founders.size());
        }
    }

    /// A member that listens where the others reach it.
    public Membership(
            Optional<UUID> group, String self, InetSocketAddress listen, List<Member> founders) {
        this(group, self, listen, founders, Optional.empty());
    }

    /// The same, listening on another host.
    public Membership boundTo(Optional<String> host) {
        return new Membership(group, self, listen, founders, host);
    }

    /// What this server listens on; only this machine where nobody joins.
    InetSocketAddress bound() {
        return bindHost.filter(_ -> listen.getPort() != 0)
                .map(host -> InetSocketAddress.createUnresolved(host, listen.getPort()))
                .orElse(listen);
    }

    /// A server on its own, that nobody can join.
    public static Membership alone() {
        return founder(NOBODY_JOINS);
    }

    /// A server that begins a log.
    public static Membership founder(InetSocketAddress listen) {
        return new Membership(
                Optional.empty(), FOUNDER, listen, List.of(new Member(FOUNDER, listen)));
    }

    /// A server that has been told of a log and is added to it once it listens, or was added
    /// before.
    public static Membership added(Optional<UUID> group, String self, InetSocketAddress listen) {
        return new Membership(group, self, listen, List.of());
    }
}
