package dev.hansa.peering.acl;

import dev.hansa.peering.audit.Author;
import java.util.function.Supplier;

/// In whose name a thread works: bound while a request of the API is answered, so that what comes
/// of it can be told with the name.
public final class Actor {
    private static final ScopedValue<String> ACCESSOR = ScopedValue.newInstance();

    private Actor() {}

    /// @param access of whoever asks
    public static <T> T as(Access access, Supplier<T> work) {
        return Author.as(
                name(access), () -> ScopedValue.where(ACCESSOR, access.accessor()).call(work::get));
    }

    /// As the audit log names the caller.
    public static String name(Access access) {
        return switch (access.accessor()) {
            case "" -> Author.OPERATOR;
            case Access.ANONYMOUS -> Author.ANONYMOUS;
            default -> access.accessor();
        };
    }

    /// The public id of the token that was shown; empty: none, or there is no access control.
    public static String accessor() {
        return ACCESSOR.orElse("");
    }
}
