package dev.hansa.exportedservices;

import dev.hansa.bootstrap.Secret;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// What the owner of a check says of it. Stays in its datacenter: peers are told results alone.
///
/// @param notes for people
/// @param ofNode whether it is about the node, and so about all that runs there
/// @param way how its result is found out; empty: whoever registered it says the result
/// @param said how whoever says the result finds it out, a JSON object for readers; empty: it was
///   not said
public record CheckDefinition(String notes, boolean ofNode, Optional<Way> way, String said) {
    public CheckDefinition {
        // what was written before it could be said does not have it
        said = Objects.requireNonNullElse(said, "");
    }

    /// One of which nothing is said for readers.
    public CheckDefinition(String notes, boolean ofNode, Optional<Way> way) {
        this(notes, ofNode, way, "");
    }

    /// How a result is found out.
    ///
    /// @param kind by whom
    /// @param target what is asked: a URL, or for [Kind#TCP] host and port; empty for [Kind#TTL]
    /// @param interval between two questions; for [Kind#TTL] how long a word of its owner counts
    /// @param timeout for an answer; no meaning for [Kind#TTL]
    /// @param ask how [Kind#HTTP] asks
    /// @param thresholds how many results in a row change the status
    /// @param deregisterAfter how long it may be critical before its service is deregistered; zero:
    ///   for ever
    public record Way(
            Kind kind,
            String target,
            Duration interval,
            Duration timeout,
            HttpAsk ask,
            Thresholds thresholds,
            Duration deregisterAfter) {}

    public enum Kind {
        /// The owner says that all is well, again and again.
        TTL,
        HTTP,
        TCP,
        /// `grpc.health.v1`; its target is `grpc://HOST:PORT/SERVICE`, with TLS `grpcs`.
        GRPC
    }

    /// @param headers may hold credentials, as may the content
    /// @param body of a record from before bodies were sealed; empty ever since
    /// @param skipVerify whether any certificate will do
    /// @param content what is sent, if anything is
    public record HttpAsk(
            String method,
            Map<String, Secret> headers,
            String body,
            boolean skipVerify,
            Optional<Secret> content) {
        public static final HttpAsk GET = new HttpAsk("GET", Map.of(), Optional.empty(), false);

        public HttpAsk {
            headers = Map.copyOf(headers);
            if (!body.isEmpty()) {
                content = Optional.of(new Secret(body));
                body = "";
            }
        }

        public HttpAsk(
                String method,
                Map<String, Secret> headers,
                Optional<Secret> content,
                boolean skipVerify) {
            this(method, headers, "", skipVerify, content);
        }
    }

    /// Results in a row; each at least 1.
    public record Thresholds(int passing, int warning, int critical) {
        public static final Thresholds FIRST = new Thresholds(1, 1, 1);
    }
}
