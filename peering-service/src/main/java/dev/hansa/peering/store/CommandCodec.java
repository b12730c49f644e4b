package dev.hansa.peering.store;

import dev.hansa.peering.audit.Origin;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// Commands and answers as the log and the members' wire carry them: the name of the type, where it
/// must not outlive a leader `@` and the term, where it is known a blank and the [Origin] as JSON,
/// a line end, and its components as JSON, every secret sealed. A version that knows no origins
/// cannot read such an entry and stops before it, rather than go on without a record of it. A
/// type's name and components stay what they are once a version was released with them; what is new
/// gets a new name.
final class CommandCodec {
    /// The API takes bodies of 512 KiB, and JSON within JSON escapes each quote once.
    static final int MAX_BYTES = 1536 * 1024;

    /// What this version reads: 1 has an [Origin], 2 knows of virtual addresses, 3 of [NewForms], 4
    /// of the audit log's classes of form 2, which a note began, 5 of the command that begins them
    /// ([StoreCommand.BeginAuditClasses]). A member is asked before it is sent such.
    static final int FORM = 5;

    /// Between the type's name and the term.
    private static final String TERM = "@";

    /// Before the origin.
    private static final String ORIGIN = " ";

    private static final Map<String, Class<? extends StoreCommand>> COMMANDS =
            named(StoreCommand.class);
    private static final Map<String, Class<? extends StoreAnswer>> ANSWERS =
            named(StoreAnswer.class);

    private final SealedRecords records;

    CommandCodec(SealedRecords records) {
        this.records = records;
    }

    private static <T> Map<String, Class<? extends T>> named(Class<T> sealedType) {
        return Arrays.stream(sealedType.getPermittedSubclasses())
                .map(type -> type.<T>asSubclass(sealedType))
                .collect(Collectors.toUnmodifiableMap(Class::getSimpleName, type -> type));
    }

    /// A command, and the term of the log in which alone it is to have an effect.
    ///
    /// @param term empty: in any
    /// @param origin empty: an older version has written it
    record Entry(StoreCommand command, OptionalLong term, Optional<Origin> origin) {}

    /// @throws StoreFailure when the command is longer than an entry of the log may be
    byte[] encode(StoreCommand command) {
        return encode(new Entry(command, OptionalLong.empty(), Optional.empty()));
    }

    /// @throws StoreFailure when the command is longer than an entry of the log may be
    byte[] encode(Entry entry) {
        var command = entry.command();
        var term = entry.term();
        var name = command.getClass().getSimpleName();
        var head =
                name
                        + (term.isPresent() ? TERM + term.getAsLong() : "")
                        + entry.origin()
                                .map(origin -> ORIGIN + RecordJson.write(origin))
                                .orElse("");
        var bytes = bytes(command, head, name);
        if (bytes.length > MAX_BYTES) {
            throw new StoreFailure(
                    "a "
                            + command.getClass().getSimpleName()
                            + ": expected at most "
                            + MAX_BYTES
                            + " bytes; found "
                            + bytes.length,
                    null);
        }
        return bytes;
    }

    byte[] encode(StoreAnswer answer) {
        var name = answer.getClass().getSimpleName();
        return bytes(answer, name, name);
    }

    private byte[] bytes(Object value, String head, String name) {
        return (head + "\n" + records.write(value, place(name))).getBytes(StandardCharsets.UTF_8);
    }

    /// @throws IllegalArgumentException when it is of no type that this version knows, or not its
    ///   form
    Entry command(byte[] bytes) {
        var line = Line.of(bytes);
        var blank = line.head().indexOf(ORIGIN);
        var head = blank < 0 ? line.head() : line.head().substring(0, blank);
        var at = head.indexOf(TERM);
        try {
            return new Entry(
                    value(at < 0 ? head : head.substring(0, at), line.json(), COMMANDS),
                    at < 0
                            ? OptionalLong.empty()
                            : OptionalLong.of(Long.parseLong(head.substring(at + 1))),
                    blank < 0
                            ? Optional.empty()
                            : Optional.of(
                                    RecordJson.read(
                                            line.head().substring(blank + 1), Origin.class)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "log entry: expected a term; found '" + head + "'", e);
        }
    }

    /// @throws IllegalArgumentException when it is of no type that this version knows, or not its
    ///   form
    StoreAnswer answer(byte[] bytes) {
        var line = Line.of(bytes);
        return value(line.head(), line.json(), ANSWERS);
    }

    /// What stands before the line end, and behind it; without one there is no head.
    private record Line(String head, String json) {
        static Line of(byte[] bytes) {
            var text = new String(bytes, StandardCharsets.UTF_8);
            var end = text.indexOf('\n');
            return new Line(text.substring(0, Math.max(0, end)), text.substring(end + 1));
        }
    }

    private <T> T value(String name, String json, Map<String, Class<? extends T>> types) {
        var type = types.get(name);
        if (type == null) {
            throw new IllegalArgumentException(
                    "log entry: expected one of "
                            + types.keySet().stream().sorted().toList()
                            + "; found '"
                            + name
                            + "', which a newer version may have written");
        }
        return records.read(json, type, place(name));
    }

    private static String place(String name) {
        return "log/" + name;
    }
}
