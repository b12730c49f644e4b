package dev.hansa.peering.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;

/// One act, and its place in the chains: that of all records, and that of its class. It is a
/// promise to whoever keeps files of them: what a form has, its order and its encoding stay what
/// they are, and all that is hashed is a word of ours that never changes or has come with the
/// command.
///
/// @param form of the record: 1, or 2 in a class that form 1 has not; nothing else is another
/// @param number from 1 on, without a gap until some are dropped
/// @param index of the state: the one that the change made, or at which it was refused
/// @param time RFC 3339, UTC, milliseconds, as the server that was asked had it
/// @param who accessor id of a token, `anonymous`, `operator`, `system:…`, `peer …`, `proxy …`,
///   `unknown`
/// @param from address of the client, or the name of the server that acted by itself
/// @param act what was done
/// @param kind the class
/// @param nth within the class, from 1 on without a gap
/// @param link hash of the record before it in its class; 64 zeros for the first
/// @param previous hash of the record before; 64 zeros for the first
/// @param hash SHA-256 (hex) over all the others
public record AuditRecord(
        int form,
        long number,
        long index,
        String time,
        String who,
        String from,
        AuditAct act,
        AuditClass kind,
        long nth,
        String link,
        String previous,
        String hash) {
    /// The newest that this version writes and can check.
    public static final int FORM = 2;

    /// An address or an accessor fits three times; longer ones are a caller's to make up.
    private static final int SHORT = 128;

    /// The longest sentence of ours, and most names.
    private static final int LONG = 512;

    /// So that no other hash of ours is ever taken for one of these.
    private static final String DOMAIN = "hansa-audit";

    /// Of one width, so that texts are in the order of times.
    private static final DateTimeFormatter MILLIS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    private static final List<String> NAMES =
            List.of(
                    "Form",
                    "Number",
                    "Index",
                    "Time",
                    "Who",
                    "From",
                    "What",
                    "On",
                    "Outcome",
                    "Reason",
                    "Detail",
                    "Untold",
                    "Class",
                    "Place",
                    "Link",
                    "Previous");

    private static final String HASH = "Hash";

    /// Of the names, those of numbers.
    private static final List<String> NUMBERS =
            List.of("Form", "Number", "Index", "Untold", "Place");

    /// What follows `head`. Texts are cut.
    public static AuditRecord after(AuditHead head, long index, Origin origin, AuditAct act) {
        var kind = AuditClass.of(act.what(), act.on(), act.outcome(), head.isApart());
        var before = head.of(kind);
        var open =
                new AuditRecord(
                        kind.form(),
                        head.last().number() + 1,
                        index,
                        time(origin.at()),
                        cut(origin.who(), SHORT),
                        cut(origin.from(), SHORT),
                        new AuditAct(
                                cut(act.what(), SHORT),
                                cut(act.on(), LONG),
                                cut(act.outcome(), SHORT),
                                cut(act.reason(), SHORT),
                                cut(act.detail(), LONG),
                                act.untold()),
                        kind,
                        before.number() + 1,
                        before.hash(),
                        head.last().hash(),
                        "");
        return open.hashed(open.computedHash());
    }

    /// As records have it.
    public static String time(Instant at) {
        return MILLIS.format(at);
    }

    /// As it comes back from every file: half a surrogate pair does not.
    private static String cut(String text, int limit) {
        var head = text.length() > limit ? text.substring(0, limit) : text;
        return new String(head.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private AuditRecord hashed(String computed) {
        return new AuditRecord(
                form, number, index, time, who, from, act, kind, nth, link, previous, computed);
    }

    public AuditMark mark() {
        return new AuditMark(number, hash);
    }

    /// Within its class.
    public AuditMark place() {
        return new AuditMark(nth, hash);
    }

    private List<String> texts() {
        return List.of(
                Integer.toString(form),
                Long.toString(number),
                Long.toString(index),
                time,
                who,
                from,
                act.what(),
                act.on(),
                act.outcome(),
                act.reason(),
                act.detail(),
                Long.toString(act.untold()),
                kind.word(),
                Long.toString(nth),
                link,
                previous);
    }

    /// The hash that the other fields have: over `hansa-audit` and each field in order as UTF-8,
    /// each with its length in bytes before it (`3:abc,`), so that no two records are one text.
    public String computedHash() {
        var bytes = new ByteArrayOutputStream();
        add(bytes, DOMAIN);
        texts().forEach(text -> add(bytes, text));
        return Sha256.hex(bytes.toByteArray());
    }

    private static void add(ByteArrayOutputStream bytes, String text) {
        var content = text.getBytes(StandardCharsets.UTF_8);
        bytes.writeBytes((content.length + ":").getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(content);
        bytes.write(',');
    }

    /// How it ended, in a sentence; not part of what is hashed, so it may be worded better.
    public String sentence() {
        var reason = AuditReason.sentence(act.reason());
        return act.outcome()
                + (reason.isEmpty() ? "" : ": " + reason)
                + (act.detail().isEmpty() ? "" : ": " + act.detail())
                + (act.untold() == 0 ? "" : " (and " + act.untold() + " more before it)");
    }

    /// As the export has it.
    public ObjectNode json() {
        var json = JsonNodeFactory.instance.objectNode();
        var texts = texts();
        for (var i = 0; i < NAMES.size(); i++) {
            var name = NAMES.get(i);
            if (NUMBERS.contains(name)) {
                json.put(name, Long.parseLong(texts.get(i)));
            } else {
                json.put(name, texts.get(i));
            }
        }
        return json.put(HASH, hash);
    }

    /// The way back.
    ///
    /// @throws IllegalArgumentException when a field is missing or of another type, naming it
    public static AuditRecord read(JsonNode json) {
        NAMES.forEach(name -> require(json, name));
        require(json, HASH);
        return new AuditRecord(
                json.path("Form").asInt(),
                json.path("Number").asLong(),
                json.path("Index").asLong(),
                json.path("Time").asText(),
                json.path("Who").asText(),
                json.path("From").asText(),
                new AuditAct(
                        json.path("What").asText(),
                        json.path("On").asText(),
                        json.path("Outcome").asText(),
                        json.path("Reason").asText(),
                        json.path("Detail").asText(),
                        json.path("Untold").asLong()),
                AuditClass.of(json.path("Class").asText()),
                json.path("Place").asLong(),
                json.path("Link").asText(),
                json.path("Previous").asText(),
                json.path(HASH).asText());
    }

    private static void require(JsonNode json, String name) {
        var isNumber = NUMBERS.contains(name);
        var field = json.path(name);
        if (isNumber ? !field.canConvertToLong() : !field.isTextual()) {
            throw new IllegalArgumentException(
                    "audit record: expected a "
                            + (isNumber ? "number" : "text")
                            + " '"
                            + name
                            + "'; found "
                            + (field.isMissingNode() ? "none" : "another"));
        }
    }
}
