package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What of Consul's API is not answered, and why: docs/API.md has the same list. Clients print the
/// text of a refusal, so that their user learns more than that there is nothing.
final class NotPlanned {
    private static final String LIST = "/openapi/not-planned.yaml";
    private static final int NOT_FOUND = 404;

    private NotPlanned() {}

    /// @param under paths, each with all that is below it
    /// @param status what clients do not take for something else
    private record Row(List<String> under, int status, String why) {
        boolean has(String path) {
            return under.stream().anyMatch(one -> path.equals(one) || path.startsWith(one + "/"));
        }
    }

    private static final class Held {
        static final List<Row> ROWS = read();
    }

    /// For a path that is no route.
    static void answer(RoutingContext call) {
        var path = call.normalizedPath();
        var row = path.startsWith("/v1/") ? row(path) : Optional.<Row>empty();
        AnswerWriter.plain(
                call,
                row.map(Row::status).orElse(NOT_FOUND),
                row.map(one -> "not planned: " + one.why()).orElse("404 page not found"));
    }

    private static Optional<Row> row(String path) {
        return Held.ROWS.stream().filter(row -> row.has(path)).findFirst();
    }

    private static List<Row> read() {
        try (var stream = NotPlanned.class.getResourceAsStream(LIST)) {
            if (stream == null) {
                throw new IllegalStateException(
                        "resource '" + LIST + "': expected one; found none");
            }
            var rows = new ArrayList<Row>();
            for (var row : new YAMLMapper().readTree(stream)) {
                var under = row.path("under").valueStream().map(JsonNode::asText).toList();
                rows.add(
                        new Row(
                                under,
                                row.path("status").asInt(NOT_FOUND),
                                row.path("why").asText()));
            }
            return List.copyOf(rows);
        } catch (IOException e) {
            throw new UncheckedIOException("resource '" + LIST + "' cannot be read", e);
        }
    }
}
