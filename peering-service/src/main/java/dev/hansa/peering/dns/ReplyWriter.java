package dev.hansa.peering.dns;

import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/// Replies as bytes. What does not fit is left out: first what is only additional, in silence; then
/// answers, one by one, and the reply says that it was cut (RFC 2181, 9). What is left of a
/// shuffled list is as good as any other part of it, for a client that does not ask again over TCP.
final class ReplyWriter {
    /// A compressed A record; no record of ours is shorter.
    private static final int SHORTEST_RECORD = 16;

    /// In which an rcode is carried without EDNS.
    private static final int RCODE_BITS = 4;

    private final int payload;

    /// @param payload bytes of the longest query over UDP that is taken, which clients are told
    ReplyWriter(int payload) {
        this.payload = payload;
    }

    /// @param limit in bytes, at least 512
    byte[] write(Query.Question question, Reply reply, int limit) {
        var answers = reply.answers().size();
        var additional = reply.additional().size();
        // more could not be written anyhow, so what there is to write is bounded by the limit
        var most = Math.min(answers, limit / SHORTEST_RECORD);
        if (most == answers) {
            var more = Math.min(additional, limit / SHORTEST_RECORD);
            var whole = render(question, reply, answers, more);
            if (whole.length <= limit) {
                return whole;
            }
            var bare = render(question, reply, answers, 0);
            if (bare.length <= limit) {
                return longest(
                        bare, more - 1, limit, count -> render(question, reply, answers, count));
            }
        }
        return longest(
                render(question, reply, 0, 0),
                most,
                limit,
                count -> render(question, reply, count, 0));
    }

    @FunctionalInterface
    private interface Rendering {
        byte[] with(int count);
    }

    /// The one with the most records that fits; lengths grow with their number.
    private static byte[] longest(byte[] least, int most, int limit, Rendering rendering) {
        var best = least;
        var low = 1;
        var high = most;
        while (low <= high) {
            var middle = (low + high) >>> 1;
            var next = rendering.with(middle);
            if (next.length <= limit) {
                best = next;
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return best;
    }

    private byte[] render(Query.Question question, Reply reply, int answers, int additional) {
        var message = new Message(question.id());
        var header = message.getHeader();
        flags(header, question.recursionDesired());
        if (reply.authoritative()) {
            header.setFlag(Flags.AA);
        }
        if (answers < reply.answers().size()) {
            header.setFlag(Flags.TC);
        }
        header.setRcode(reply.rcode() & (1 << RCODE_BITS) - 1);
        message.addRecord(
                Record.newRecord(question.name(), question.type(), question.dnsClass()),
                Section.QUESTION);
        reply.answers()
                .subList(0, answers)
                .forEach(record -> message.addRecord(record, Section.ANSWER));
        reply.authority().forEach(record -> message.addRecord(record, Section.AUTHORITY));
        reply.additional()
                .subList(0, additional)
                .forEach(record -> message.addRecord(record, Section.ADDITIONAL));
        question.edns()
                .ifPresent(edns ->
                        message.addRecord(
                                new OPTRecord(
                                        payload,
                                        reply.rcode() >> RCODE_BITS,
                                        0,
                                        edns.dnssecOk() ? ExtendedFlags.DO : 0),
                                Section.ADDITIONAL));
        return message.toWire();
    }

    /// A header alone.
    static byte[] write(Query.Faulty faulty) {
        var header = new Header(faulty.id());
        header.setOpcode(faulty.opcode());
        flags(header, faulty.recursionDesired());
        header.setRcode(faulty.rcode());
        return header.toWire();
    }

    /// A header alone, when something of ours has failed.
    static byte[] failure(Query.Question question) {
        return write(
                new Query.Faulty(question.id(), 0, question.recursionDesired(), Rcode.SERVFAIL));
    }

    private static void flags(Header header, boolean recursionDesired) {
        header.setFlag(Flags.QR);
        if (recursionDesired) {
            header.setFlag(Flags.RD);
        }
    }
}
