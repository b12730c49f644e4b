package dev.hansa.peering.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hansa.peering.store.RecordJson;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/// What one server asks another. Secrets may be inside: it travels between servers only, and is
/// never logged.
///
/// @param kind one of the constants below
/// @param method of an API request
/// @param route of an API request, with its variable parts named
/// @param path the variable parts
/// @param token that the caller has shown; empty: none
/// @param access whether tokens are asked for, as the server that was asked has it
/// @param from the address of the client; where it is empty it is left out, as an older build reads
///   no question that has it
public record Question(
        String kind,
        String method,
        String route,
        Map<String, String> path,
        Map<String, String> query,
        String body,
        String token,
        String access,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) String from) {
    /// A request of the API.
    public static final String API = "api";

    /// A read of the API that a server makes for itself.
    public static final String OWN = "own";

    /// To be added to the log: the body is a [Candidate].
    public static final String ADD = "add";

    /// Whether the asked server's disk takes writes: the answer is why not, or nothing.
    public static final String WRITABLE = "writable";

    /// A peer's `ExchangeSecret`: the body is its request, base64.
    public static final String EXCHANGE = "exchange";

    public Question {
        path = Map.copyOf(path);
        query = Map.copyOf(query);
        token = Objects.requireNonNullElse(token, "");
        access = Objects.requireNonNullElse(access, "");
        from = Objects.requireNonNullElse(from, "");
    }

    /// Whether nothing is other than before, however often it is asked.
    public boolean reads() {
        return kind.equals(OWN) || kind.equals(API) && method.equals("GET");
    }

    /// Without an API request.
    public Question(String kind, String body) {
        this(kind, "", "", Map.of(), Map.of(), body, "", "", "");
    }

    /// A server that is to be added.
    public record Candidate(String name, String host, int port) {}

    /// @param status of HTTP
    /// @param index of the state that was read; below zero: none
    /// @param missedSome whether something was left out that the caller may not see
    public record Answer(
            int status, String contentType, String body, long index, boolean missedSome) {
        public Answer(int status, String body) {
            this(status, "text/plain; charset=utf-8", body, -1, false);
        }

        @Override
        public String toString() {
            return "Answer[" + status + "]";
        }
    }

    public static byte[] encode(Object record) {
        return RecordJson.write(record).getBytes(StandardCharsets.UTF_8);
    }

    /// @throws IllegalArgumentException when it is no such record
    public static <T> T decode(byte[] bytes, Class<T> type) {
        return RecordJson.read(new String(bytes, StandardCharsets.UTF_8), type);
    }

    @Override
    public String toString() {
        return "Question[" + kind + " " + method + " " + route + "]";
    }
}
