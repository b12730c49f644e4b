package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditMark;
import dev.hansa.peering.audit.AuditRecord;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/// The audit log, for whoever may read it.
final class AuditResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private static final int USUAL = 100;

    /// 800 KB as records are; a client that wants all asks on.
    private static final int MOST = 1000;

    private final AuditLog log;

    AuditResource(AuditLog log) {
        this.log = log;
    }

    ApiAnswer list(ApiRequest request) throws RefusedRequestException {
        var page =
                log.before(
                        number(request, "before", Long.MAX_VALUE, Long.MAX_VALUE),
                        (int) number(request, "limit", USUAL, MOST),
                        new AuditLog.Filter(
                                request.parameter("who").orElse(""),
                                request.parameter("what").orElse(""),
                                request.parameter("on").orElse(""),
                                request.parameter("outcome").orElse(""),
                                request.parameter("class").orElse(""),
                                time(request, "since"),
                                time(request, "until")));
        var json = JSON.objectNode();
        var all = json.putArray("Records");
        page.records().forEach(record -> all.add(record.json().put("Sentence", record.sentence())));
        return ApiAnswer.json(json.put("Next", page.next()));
    }

    /// Where the chains begin and end.
    ApiAnswer ends(ApiRequest request) {
        var ends = log.ends();
        var json = JSON.objectNode();
        json.putObject("Head").put("Number", ends.head().number()).put("Hash", ends.head().hash());
        json.put("Dropped", ends.dropped());
        var classes = json.putObject("Classes");
        for (var kind : AuditClass.values()) {
            var span = ends.of(kind);
            var own = classes.putObject(kind.word());
            own.set("Anchor", json(span.anchor()));
            own.set("Head", json(span.head()));
        }
        return ApiAnswer.json(json);
    }

    private static ObjectNode json(AuditMark mark) {
        return JSON.objectNode().put("Place", mark.number()).put("Hash", mark.hash());
    }

    private static String time(ApiRequest request, String name) throws RefusedRequestException {
        var text = request.parameter(name);
        if (text.isEmpty()) {
            return "";
        }
        try {
            return AuditRecord.time(Instant.parse(text.get()));
        } catch (DateTimeParseException _) {
            throw RefusedRequestException.bad(
                    name
                            + ": expected a time such as 2026-11-29T08:00:00Z; found '"
                            + ForeignText.shown(text.get())
                            + "'");
        }
    }

    private static long number(ApiRequest request, String name, long usual, long most)
            throws RefusedRequestException {
        var text = request.parameter(name);
        if (text.isEmpty()) {
            return usual;
        }
        try {
            var number = Long.parseLong(text.get());
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw RefusedRequestException.bad(
                name
                        + ": expected a number from 1 to "
                        + most
                        + "; found '"
                        + ForeignText.shown(text.get())
                        + "'");
    }
}
