package dev.hansa.peering.dns;

import java.util.List;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;

/// What there is to say to a question, however long it is.
///
/// @param authoritative the name is one of ours
/// @param additional what the client would ask next; may be left out
record Reply(
        Outcome outcome,
        int rcode,
        boolean authoritative,
        List<Record> answers,
        List<Record> authority,
        List<Record> additional) {
    Reply {
        answers = List.copyOf(answers);
        authority = List.copyOf(authority);
        additional = List.copyOf(additional);
    }

    static Reply answer(List<Record> answers, List<Record> additional) {
        return new Reply(Outcome.ANSWERED, Rcode.NOERROR, true, answers, List.of(), additional);
    }

    /// @param soa says for how long there will be none (RFC 2308)
    static Reply noData(Record soa) {
        return new Reply(Outcome.NO_DATA, Rcode.NOERROR, true, List.of(), List.of(soa), List.of());
    }

    static Reply noName(Record soa) {
        return new Reply(Outcome.NO_NAME, Rcode.NXDOMAIN, true, List.of(), List.of(soa), List.of());
    }

    static Reply refused() {
        return new Reply(Outcome.REFUSED, Rcode.REFUSED, false, List.of(), List.of(), List.of());
    }

    static Reply notImplemented() {
        return new Reply(
                Outcome.NOT_IMPLEMENTED, Rcode.NOTIMP, false, List.of(), List.of(), List.of());
    }

    static Reply badVersion() {
        return new Reply(
                Outcome.BAD_VERSION, Rcode.BADVERS, false, List.of(), List.of(), List.of());
    }
}
