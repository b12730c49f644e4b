package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.store.Contact;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.OptionalLong;

/// Answers as status lines, headers and bytes. On the event loop.
final class AnswerWriter {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Java's own for RFC 1123 leaves the zero out of `01 Nov`.
    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
                    .withZone(ZoneOffset.UTC);

    private AnswerWriter() {}

    /// RFC 9110, 6.6.1: whoever has a clock says its time, so that a caller sees how far they
    /// differ.
    static void dated(RoutingContext call) {
        call.response().putHeader("Date", HTTP_DATE.format(Instant.now()));
        call.next();
    }

    /// @param contact how whoever has answered stands to the server that leads
    /// @param defaultAllow what holds for a token where no rule speaks
    /// @param missedSome whether something was left out that the caller may not see
    static void send(
            RoutingContext call,
            ApiAnswer answer,
            Contact contact,
            boolean defaultAllow,
            boolean missedSome) {
        var response = call.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (missedSome) {
            response.putHeader("X-Consul-Results-Filtered-By-ACLs", "true");
        }
        response.putHeader("X-Consul-Default-ACL-Policy", defaultAllow ? "allow" : "deny");
        switch (answer) {
            case ApiAnswer.Json(var body, var index) -> {
                headers(call, index, contact);
                if (body.path("ContentHash").isTextual()) {
                    response.putHeader(
                            "X-Consul-ContentHash", body.path("ContentHash").textValue());
                }
                response.putHeader("Content-Type", ApiAnswer.JSON);
                Packed.end(call, isPretty(call) ? pretty(body) : body.toString());
            }
            case ApiAnswer.Shared(_, var compact, var pretty) -> {
                headers(call, OptionalLong.empty(), contact);
                response.putHeader("Content-Type", ApiAnswer.JSON);
                Packed.end(call, isPretty(call) ? pretty : compact);
            }
            case ApiAnswer.Plain(var status, var type, var text, var index) -> {
                headers(call, index, contact);
                response.setStatusCode(status)
                        .putHeader("Content-Type", type)
                        .end(type.equals(ApiAnswer.JSON) && isPretty(call) ? pretty(text) : text);
            }
        }
    }

    private static void headers(RoutingContext call, OptionalLong index, Contact contact) {
        call.response().putHeader("X-Content-Type-Options", "nosniff");
        index.ifPresent(at -> {
            contact(call, contact);
            call.response()
                    .putHeader("X-Consul-Index", Long.toString(Math.max(1, at)))
                    .putHeader("X-Consul-Effective-Consistency", consistency(call))
                    .putHeader("X-Consul-Query-Backend", "blocking-query");
        });
    }

    /// How old what is read may be.
    static void contact(RoutingContext call, Contact contact) {
        call.response()
                .putHeader("X-Consul-KnownLeader", Boolean.toString(contact.known()))
                .putHeader("X-Consul-LastContact", Long.toString(contact.silence().toMillis()));
    }

    private static String consistency(RoutingContext call) {
        return call.queryParams().contains("stale")
                ? "stale"
                : call.queryParams().contains("consistent") ? "consistent" : "leader";
    }

    private static boolean isPretty(RoutingContext call) {
        return call.queryParams().contains("pretty");
    }

    /// @param json that was written here
    private static String pretty(String json) {
        try {
            return pretty(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer's JSON cannot be read", e);
        }
    }

    static String pretty(JsonNode body) {
        var indenter = new DefaultIndenter("    ", "\n");
        try {
            return JSON.writer(
                                    new DefaultPrettyPrinter()
                                            .withObjectIndenter(indenter)
                                            .withArrayIndenter(indenter))
                            .writeValueAsString(body)
                    + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree cannot be written", e);
        }
    }

    /// Whoever asked more often than he may.
    ///
    /// @param wait until he may again, in whole seconds
    static void tooOften(RoutingContext call, Duration wait, String text) {
        call.response().putHeader("Retry-After", Long.toString(wait.toSeconds()));
        plain(call, 429, text);
    }

    static void plain(RoutingContext call, int status, String text) {
        if (!call.response().ended()) {
            call.response()
                    .setStatusCode(status)
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end(ApiAnswer.shown(status, text));
        }
    }
}
