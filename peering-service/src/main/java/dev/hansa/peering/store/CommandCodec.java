package dev.hansa.peering.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/// Commands and answers as the log and the members' wire carry them: the name of the type, a line
/// end, and its components as JSON, every secret sealed. A type's name and components stay what
/// they are once a version was released with them; what is new gets a new name.
final class CommandCodec {
    /// The API takes bodies of 512 KiB, and JSON within JSON escapes each quote once.
    static final int MAX_BYTES = 1536 * 1024;

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

    /// @throws StoreFailure when the command is longer than an entry of the log may be
    byte[] encode(StoreCommand command) {
        var bytes = bytes(command);
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
        return bytes(answer);
    }

    private byte[] bytes(Object value) {
        var name = value.getClass().getSimpleName();
        return (name + "\n" + records.write(value, place(name))).getBytes(StandardCharsets.UTF_8);
    }

    /// @throws IllegalArgumentException when it is of no type that this version knows, or not its
    ///   form
    StoreCommand command(byte[] bytes) {
        return value(bytes, COMMANDS);
    }

    /// @throws IllegalArgumentException when it is of no type that this version knows, or not its
    ///   form
    StoreAnswer answer(byte[] bytes) {
        return value(bytes, ANSWERS);
    }

    private <T> T value(byte[] bytes, Map<String, Class<? extends T>> types) {
        var text = new String(bytes, StandardCharsets.UTF_8);
        var end = text.indexOf('\n');
        var name = end < 0 ? "" : text.substring(0, end);
        var type = types.get(name);
        if (type == null) {
            throw new IllegalArgumentException(
                    "log entry: expected one of "
                            + types.keySet().stream().sorted().toList()
                            + "; found '"
                            + name
                            + "', which a newer version may have written");
        }
        return records.read(text.substring(end + 1), type, place(name));
    }

    private static String place(String name) {
        return "log/" + name;
    }
}
