package dev.hansa.peering.dns;

import java.io.IOException;
import java.util.Optional;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/// Whatever bytes come: a question, or why there is none.
public final class QueryReader {
    private static final int HEADER = 12;
    private static final int RESPONSE = 0x80;

    /// A name of one byte, type, class, time and the length of nothing.
    private static final int SHORTEST_RECORD = 11;

    private QueryReader() {}

    /// Never throws.
    public static Query read(byte[] packet) {
        if (packet.length < HEADER || (packet[2] & RESPONSE) != 0) {
            return new Query.Silence();
        }
        var id = (packet[0] & 0xff) << 8 | packet[1] & 0xff;
        var opcode = packet[2] >> 3 & 0xf;
        var recursionDesired = (packet[2] & 1) != 0;
        if (opcode != Opcode.QUERY) {
            return new Query.Faulty(id, opcode, recursionDesired, Rcode.NOTIMP);
        }
        return countsAreTrue(packet)
                .flatMap(QueryReader::question)
                .orElseGet(() -> new Query.Faulty(id, opcode, recursionDesired, Rcode.FORMERR));
    }

    /// One question (RFC 9619), and no more records than there are bytes for: the library makes
    /// room for as many as the header says, before it looks for them.
    private static Optional<byte[]> countsAreTrue(byte[] packet) {
        var records =
                count(packet, Section.ANSWER)
                        + count(packet, Section.AUTHORITY)
                        + count(packet, Section.ADDITIONAL);
        return count(packet, Section.QUESTION) == 1
                        && records <= (packet.length - HEADER) / SHORTEST_RECORD
                ? Optional.of(packet)
                : Optional.empty();
    }

    private static int count(byte[] packet, int section) {
        var at = 4 + 2 * section;
        return (packet[at] & 0xff) << 8 | packet[at + 1] & 0xff;
    }

    /// At most one OPT, and that at the root (RFC 6891, 6.1.1).
    private static Optional<Query> question(byte[] packet) {
        Message message;
        try {
            message = new Message(packet);
        } catch (IOException | RuntimeException _) {
            // the second is a defect of the parser that a stranger has found: to the stranger the
            // packet is malformed all the same
            return Optional.empty();
        }
        var header = message.getHeader();
        var questions = message.getSection(Section.QUESTION);
        var options =
                message.getSection(Section.ADDITIONAL).stream()
                        .filter(OPTRecord.class::isInstance)
                        .map(OPTRecord.class::cast)
                        .toList();
        if (questions.size() != 1
                || options.size() > 1
                || options.stream().anyMatch(option -> !option.getName().equals(Name.root))) {
            return Optional.empty();
        }
        var asked = questions.getFirst();
        return Optional.of(
                new Query.Question(
                        header.getID(),
                        header.getFlag(Flags.RD),
                        asked.getName(),
                        asked.getType(),
                        asked.getDClass(),
                        options.stream().findFirst().map(QueryReader::edns)));
    }

    private static Query.Edns edns(OPTRecord option) {
        return new Query.Edns(
                option.getVersion(),
                option.getPayloadSize(),
                (option.getFlags() & ExtendedFlags.DO) != 0);
    }
}
