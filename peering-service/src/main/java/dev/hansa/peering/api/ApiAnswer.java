package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.OptionalLong;

/// What a resource answers. Status lines, headers and bytes are the router's.
sealed interface ApiAnswer {
    /// @param index of the state that was read; empty when nothing was
    record Json(JsonNode body, OptionalLong index) implements ApiAnswer {}

    /// One that is the same for everybody, made once in each form. It tells no state.
    record Shared(JsonNode body, SharedAnswer compact, SharedAnswer pretty) implements ApiAnswer {}

    record Plain(int status, String contentType, String text, OptionalLong index)
            implements ApiAnswer {}

    String JSON = "application/json";

    /// Characters of an error: a hundred findings about an entry, and no body of 512 KiB that
    /// somebody sent.
    int SENTENCE = 8192;

    ApiAnswer TRUE = json(BooleanNode.TRUE);
    ApiAnswer FALSE = json(BooleanNode.FALSE);

    /// Done, and nothing to say: 200 with an empty body.
    ApiAnswer EMPTY = text(200, "");

    static ApiAnswer json(JsonNode body) {
        return new Json(body, OptionalLong.empty());
    }

    /// JSON that stands beside another status than 200.
    static ApiAnswer json(int status, JsonNode body) {
        return new Plain(status, JSON, body.toString(), OptionalLong.empty());
    }

    static ApiAnswer text(int status, String text) {
        return new Plain(
                status, "text/plain; charset=utf-8", shown(status, text), OptionalLong.empty());
    }

    /// An error is one line, whatever it quotes of a request.
    static String shown(int status, String text) {
        return status < 400 ? text : ForeignText.shown(text, SENTENCE);
    }

    static ApiAnswer of(RefusedRequestException refusal) {
        return text(refusal.status(), refusal.sentence());
    }

    /// Whether it tells that what was asked for is so, or that what it concerns does not exist.
    default boolean isDone() {
        return switch (this) {
            case Json _, Shared _ -> true;
            case Plain(var status, _, _, _) -> status < 400 || status == 404;
        };
    }

    default ApiAnswer at(long index) {
        return switch (this) {
            case Json(var body, _) -> new Json(body, OptionalLong.of(index));
            case Shared(var body, _, _) -> new Json(body, OptionalLong.of(index));
            case Plain(var status, var type, var text, _) ->
                    new Plain(status, type, text, OptionalLong.of(index));
        };
    }
}
