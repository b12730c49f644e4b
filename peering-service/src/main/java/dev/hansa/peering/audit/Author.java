package dev.hansa.peering.audit;

import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/// In whose name a thread works: bound while a request is answered, so that what is written
/// meanwhile carries it.
public final class Author {
    /// Before the name of a part of the server, which works by itself.
    private static final String SYSTEM = "system:";

    /// The server itself, when nobody has asked.
    public static final String SERVER = SYSTEM + "server";

    /// What removes servers that are dead.
    public static final String DEAD_SERVERS = SYSTEM + "dead-servers";

    /// Whoever has asked and shown a token that is none, or was not heard yet.
    public static final String UNKNOWN = "unknown";

    /// Whoever has shown no token.
    public static final String ANONYMOUS = "anonymous";

    /// Whoever reaches a server that asks nobody for a token.
    public static final String OPERATOR = "operator";

    private static final ScopedValue<Entrance> ENTRANCE = ScopedValue.newInstance();
    private static final ScopedValue<String> WHO = ScopedValue.newInstance();
    private static final ScopedValue<Boolean> TRYING = ScopedValue.newInstance();

    private Author() {}

    /// How a request has come in.
    ///
    /// @param from the address of the client, without its port
    /// @param request method and route, without what the caller put in it
    public record Entrance(String from, String request) {}

    /// Works for a request of which it is not known yet who asks.
    public static <T> T at(Entrance entrance, Supplier<T> work) {
        return ScopedValue.where(ENTRANCE, entrance).call(work::get);
    }

    /// Works in the name of `who`.
    public static <T> T as(String who, Supplier<T> work) {
        return ScopedValue.where(WHO, who).call(work::get);
    }

    /// Works for a request, in the name of `who`.
    ///
    /// @throws Exception what the work throws
    public static <T> T call(Entrance entrance, String who, Callable<T> work) throws Exception {
        return ScopedValue.where(ENTRANCE, entrance).where(WHO, who).call(work::call);
    }

    /// Writes what is written anew where it is refused: such a refusal ends nothing, so that it has
    /// no record.
    public static <T> T trying(Supplier<T> work) {
        return ScopedValue.where(TRYING, true).call(work::get);
    }

    /// Whether a refusal of what this thread writes is followed by another attempt.
    public static boolean isTrying() {
        return TRYING.isBound();
    }

    public static String who() {
        return WHO.orElse(ENTRANCE.isBound() ? UNKNOWN : SERVER);
    }

    /// Empty when no request of a client is answered.
    public static Optional<Entrance> entrance() {
        return ENTRANCE.isBound() ? Optional.of(ENTRANCE.get()) : Optional.empty();
    }

    /// The address of the client; empty when there is none.
    public static String from() {
        return entrance().map(Entrance::from).orElse("");
    }
}
