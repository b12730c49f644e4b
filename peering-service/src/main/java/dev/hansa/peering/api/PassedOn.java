package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.cluster.Question;
import java.util.OptionalLong;

/// An answer on its way from the server that leads to the one that was asked.
final class PassedOn {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TYPE = "application/json";
    private static final long NO_INDEX = -1;

    private PassedOn() {}

    static Question.Answer of(ApiAnswer answer, boolean missedSome) {
        return switch (answer) {
            case ApiAnswer.Json(var body, var index) ->
                    new Question.Answer(
                            200, TYPE, body.toString(), index.orElse(NO_INDEX), missedSome);
            case ApiAnswer.Shared(var body, _, _) ->
                    new Question.Answer(200, TYPE, body.toString(), NO_INDEX, missedSome);
            case ApiAnswer.Plain(var status, var type, var text, var index) ->
                    new Question.Answer(status, type, text, index.orElse(NO_INDEX), missedSome);
        };
    }

    static ApiAnswer read(Question.Answer answer) {
        var index = answer.index() < 0 ? OptionalLong.empty() : OptionalLong.of(answer.index());
        if (!answer.contentType().equals(TYPE) || answer.status() != 200) {
            return new ApiAnswer.Plain(answer.status(), answer.contentType(), answer.body(), index);
        }
        try {
            return new ApiAnswer.Json(JSON.readTree(answer.body()), index);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("another server's JSON cannot be read", e);
        }
    }
}
