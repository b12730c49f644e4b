package dev.hansa.peering.dns;

import java.util.Optional;
import org.xbill.DNS.Name;

/// What a packet turned out to be.
public sealed interface Query {
    /// Not to be answered: an answer itself, or too short to say whose question it is. To answer an
    /// answer could go on for ever between two servers.
    record Silence() implements Query {}

    /// To be answered with its header alone.
    ///
    /// @param rcode why
    record Faulty(int id, int opcode, boolean recursionDesired, int rcode) implements Query {}

    /// One question.
    ///
    /// @param name as it was written: an answer repeats it to the letter
    record Question(
            int id,
            boolean recursionDesired,
            Name name,
            int type,
            int dnsClass,
            Optional<Edns> edns)
            implements Query {}

    /// What a client says about itself (RFC 6891).
    ///
    /// @param payload bytes of the longest answer that it takes over UDP
    /// @param dnssecOk wants signatures; there are none, and the wish is repeated as it has to be
    record Edns(int version, int payload, boolean dnssecOk) {}
}
