package dev.hansa.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.audit.AuditCheck;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditMark;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.audit.AuditRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa audit`: who did what, and whether the log is still what it was.
final class AuditCommands {
    private static final String PATH = "/v1/hansa/audit";

    /// As many as a server gives at a time.
    private static final int PAGE = 1000;

    /// Enough of an answer to know it by.
    private static final int SHOWN = 80;

    /// Longer than any field of a record.
    private static final int LONGEST = 2000;

    private AuditCommands() {}

    /// Where a server has stopped.
    private static long next(JsonNode page, long before) throws CommandFailedException {
        if (!page.path("Records").isArray() || !page.path("Next").canConvertToLong()) {
            throw strange("a page of records with 'Records' and 'Next'", page);
        }
        var next = page.path("Next").asLong();
        if (next >= before) {
            throw new CommandFailedException(
                    "answer of the server: expected to go on below " + before + "; found " + next);
        }
        return next;
    }

    /// For what is no answer of an audit log: an empty one would pass for a log without records.
    private static CommandFailedException strange(String expected, JsonNode found) {
        var text = found.toString();
        return new CommandFailedException(
                "answer of the server: expected "
                        + expected
                        + "; found '"
                        + PlainText.of(text.substring(0, Math.min(SHOWN, text.length())))
                        + "' (is it a server of Hansa?)");
    }

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(new Audit(), new ListRecords(surroundings), new Verify(surroundings));
    }

    @Command(
            name = "audit",
            description = "See who did what, and check that nobody has changed the log of it.",
            footer = "  hansa audit list -what config-entry")
    private static final class Audit extends Main.Group {}

    @Command(
            name = "list",
            description = "Print what was done, the newest first.",
            footer = "  hansa audit list -what config-entry -limit 20")
    private static final class ListRecords extends ListCommand {
        @Option(
                names = "--who",
                paramLabel = "TEXT",
                description = "Only those with TEXT in their who: a token's accessor, a peer.")
        private String who = "";

        @Option(
                names = "--what",
                paramLabel = "TEXT",
                description = "Only those with TEXT in their what, e.g. acl-token.")
        private String what = "";

        @Option(
                names = "--on",
                paramLabel = "TEXT",
                description = "Only those with TEXT in the name of what was acted on.")
        private String on = "";

        @Option(
                names = "--outcome",
                paramLabel = "WORD",
                description = "Only those that ended so: applied, refused, denied, begun, failed.")
        private String outcome = "";

        @Option(
                names = "--class",
                paramLabel = "WORD",
                description = "Only those of a class: trust, change, refusal.")
        private String kind = "";

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description = "Only from this time on, e.g. 2026-11-29T08:00:00Z.")
        private String since = "";

        @Option(names = "--until", paramLabel = "TIME", description = "Only before this time.")
        private String until = "";

        @Option(
                names = "--before",
                paramLabel = "NUMBER",
                description = "Only records below this number, to read on.")
        private @Nullable Long before;

        @Option(
                names = "--limit",
                paramLabel = "1..1000",
                description = "How many at most (default: 100).")
        private int limit = 100;

        ListRecords(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            refuseOtherWords();
            var records =
                    records(
                            api,
                            filter("who", who)
                                    + filter("what", what)
                                    + filter("on", on)
                                    + filter("outcome", outcome)
                                    + filter("class", kind)
                                    + filter("since", since)
                                    + filter("until", until));
            var columns =
                    new Columns()
                            .heading("Number", "Time", "Who", "From", "What", "On", "Outcome")
                            .state(6);
            for (var record : records) {
                columns.row(
                        record.path("Number").asText(),
                        text(record, "Time"),
                        shown(record, "Who"),
                        shown(record, "From"),
                        shown(record, "What"),
                        shown(record, "On"),
                        shown(record, "Sentence"));
            }
            print(out, records, columns);
        }

        /// A word that no record has would find none, and look as if nothing had happened.
        private void refuseOtherWords() {
            if (limit < 1 || limit > PAGE) {
                throw usage("--limit: expected a number from 1 to " + PAGE + "; found " + limit);
            }
            refuseOther(
                    "--class", kind, Stream.of(AuditClass.values()).map(AuditClass::word).toList());
            refuseOther(
                    "--outcome",
                    outcome,
                    Stream.of(AuditOutcome.values()).map(AuditOutcome::word).toList());
        }

        private void refuseOther(String flag, String word, List<String> known) {
            if (!word.isEmpty() && !known.contains(word)) {
                throw usage(
                        flag
                                + ": expected one of "
                                + String.join(", ", known)
                                + "; found '"
                                + PlainText.of(word)
                                + "'"
                                + Settings.Nearest.to(word, known)
                                        .map(near -> "; did you mean '" + near + "'?")
                                        .orElse(""));
            }
        }

        /// A server looks at some thousand records at a time, and says where it has stopped.
        private JsonNode records(ApiClient api, String filters)
                throws CommandFailedException, InterruptedException {
            var all = Json.array();
            var next = before == null ? Long.MAX_VALUE : before;
            while (next > 0 && all.size() < limit) {
                var page =
                        api.json(
                                PATH
                                        + "?limit="
                                        + (limit - all.size())
                                        + "&before="
                                        + next
                                        + filters);
                page.path("Records").forEach(all::add);
                next = next(page, next);
            }
            return all;
        }

        private static String shown(JsonNode record, String field) {
            return ForeignText.shown(text(record, field), LONGEST);
        }

        private static String filter(String name, String text) {
            return text.isEmpty() ? "" : "&" + name + "=" + ApiClient.segment(text);
        }
    }

    @Command(
            name = "verify",
            description = {
                "Compute the chain of hashes again, of a server's log or of an exported file.",
                "Exit status: 0 the chain is whole, 1 it is not, 2 it could not be checked."
            },
            footer = "  hansa audit verify -head eks.audit-head -new-head")
    private static final class Verify extends ClientCommand {
        private static final int UNCHECKED = 2;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description =
                        "An exported file of JSON lines, instead of a server's log; several, the"
                                + " oldest first, are one chain.")
        private List<Path> files = List.of();

        @Option(
                names = "--head",
                paramLabel = "FILE",
                description =
                        "Where the newest records are remembered, as they are printed: a log that"
                                + " lacks those of the last time was cut or written anew.")
        private @Nullable Path head;

        @Option(
                names = "--new-head",
                description =
                        "Nothing is remembered yet: begin the file of --head. Without it a file that"
                                + " is not there is a fault.")
        private boolean isFirst;

        Verify(Surroundings surroundings) {
            super(surroundings);
        }

        /// 1 says that the chain is not whole, so that whatever else goes wrong needs another.
        @Override
        int statusOfFailure() {
            return UNCHECKED;
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var remembered = remembered();
            var check =
                    files.isEmpty() ? AuditCheck.ofLog(remembered) : AuditCheck.ofFiles(remembered);
            try {
                if (files.isEmpty()) {
                    walk(api, check);
                } else {
                    for (var file : files) {
                        read(file, check);
                    }
                    check.begins();
                }
            } catch (CommandFailedException e) {
                if (!isBroken(check)) {
                    throw e;
                }
                note("hansa: " + e.getMessage());
            }
            tell(out, check);
        }

        /// Whether what was read is no chain, whatever would have come after it. What is remembered
        /// and was not met is no fault of that: reading has stopped before it.
        private static boolean isBroken(AuditCheck check) {
            return check.fault().filter(fault -> !fault.startsWith("audit log: ")).isPresent();
        }

        private void tell(PrintWriter out, AuditCheck check) throws CommandFailedException {
            out.print(
                    new Columns()
                            .row("Records:", Long.toString(check.count()))
                            .row("First:", Long.toString(check.first()))
                            .row("Last:", Long.toString(check.last().number()))
                            .text());
            out.print("Head:\n" + AuditHead.text(check.heads()));
            if (check.fault().isPresent()) {
                note("hansa: " + check.fault().get());
                endWith(1);
                return;
            }
            if (check.unsure().isPresent()) {
                note(
                        "hansa: "
                                + check.unsure().get()
                                + (files.isEmpty()
                                        ? ": it was dropped meanwhile"
                                        : ": name the older files too"));
                endWith(UNCHECKED);
                return;
            }
            out.println("The chain is whole.");
            if (head == null || isFirst) {
                note(
                        "hansa: that nothing is missing at its end is "
                                + (files.isEmpty() ? "the server's own word" : "nobody's word")
                                + ": no --head remembers an earlier one");
            }
            if (head != null && check.count() > 0) {
                AuditHead.remember(head, check.heads());
            }
        }

        private Map<AuditClass, AuditMark> remembered() throws CommandFailedException {
            if (head != null) {
                return AuditHead.remembered(surroundings(), head, isFirst);
            }
            if (isFirst) {
                throw usage("--new-head: expected a --head to begin; found none");
            }
            return Map.of();
        }

        private static AuditLog.Ends ends(ApiClient api)
                throws CommandFailedException, InterruptedException {
            var ends = api.json(PATH + "/ends");
            if (!ends.path("Head").path("Number").canConvertToLong()
                    || !ends.path("Classes").isObject()) {
                throw strange("the ends of an audit log, 'Head' and 'Classes'", ends);
            }
            var spans = new EnumMap<AuditClass, AuditLog.Span>(AuditClass.class);
            for (var kind : AuditClass.values()) {
                var span = ends.path("Classes").path(kind.word());
                if (span.isMissingNode() && kind.form() > 1) {
                    // a server of an older version has no such records
                    continue;
                }
                spans.put(
                        kind,
                        new AuditLog.Span(
                                mark(span.path("Anchor"), "Place"),
                                mark(span.path("Head"), "Place")));
            }
            return new AuditLog.Ends(
                    mark(ends.path("Head"), "Number"), ends.path("Dropped").asLong(), spans);
        }

        private static AuditMark mark(JsonNode json, String number) {
            return new AuditMark(json.path(number).asLong(), text(json, "Hash"));
        }

        private static void walk(ApiClient api, AuditCheck check)
                throws CommandFailedException, InterruptedException {
            var early = ends(api);
            var before = Long.MAX_VALUE;
            while (before > 0) {
                var page = api.json(PATH + "?limit=" + PAGE + "&before=" + before);
                var next = next(page, before);
                for (var json : page.path("Records")) {
                    var record = record(json, "answer of the server");
                    if (record.number() >= before) {
                        throw new CommandFailedException(
                                "answer of the server: expected a record below "
                                        + before
                                        + "; found "
                                        + record.number());
                    }
                    check.take(record);
                }
                before = next;
            }
            check.within(early, ends(api));
        }

        private static AuditRecord record(JsonNode json, String where)
                throws CommandFailedException {
            refuseOtherForm(json, where);
            try {
                return AuditRecord.read(json);
            } catch (IllegalArgumentException e) {
                throw new CommandFailedException(where + ": " + e.getMessage(), e);
            }
        }

        /// What a later version writes is hashed as that version says, so nothing here can tell
        /// whether it is whole.
        private static void refuseOtherForm(JsonNode json, String where)
                throws CommandFailedException {
            var form = json.path("Form");
            if (form.canConvertToLong() && form.asLong() > AuditRecord.FORM) {
                throw new CommandFailedException(
                        where
                                + ": expected an audit record of form "
                                + AuditRecord.FORM
                                + ", the newest that this version can check; found form "
                                + form.asLong());
            }
        }

        private void read(Path from, AuditCheck check) throws CommandFailedException {
            var number = 0;
            try (var input =
                    new BufferedReader(
                            new InputStreamReader(
                                    Files.newInputStream(from), StandardCharsets.UTF_8))) {
                var size = Files.size(from);
                var line = input.readLine();
                while (line != null) {
                    var next = input.readLine();
                    number++;
                    var where = "line " + number + " of '" + from + "'";
                    try {
                        var json = Json.mapper().readTree(line);
                        refuseOtherForm(json, where);
                        check.take(AuditRecord.read(json));
                    } catch (JsonProcessingException | IllegalArgumentException _) {
                        if (next == null && isBeingWritten(from, size)) {
                            note("hansa: " + where + " is not written to its end; left out");
                        } else {
                            check.unreadable(where);
                        }
                    }
                    line = next;
                }
            } catch (IOException e) {
                throw new CommandFailedException("expected to read '" + from + "'; found " + e, e);
            }
        }

        /// A server may be at it, or was killed at it; it has grown, or has no end of a line.
        private static boolean isBeingWritten(Path file, long size) throws IOException {
            try (var channel = FileChannel.open(file)) {
                var last = ByteBuffer.allocate(1);
                return channel.size() > size
                        || channel.read(last, size - 1) == 1 && last.get(0) != '\n';
            }
        }
    }
}
