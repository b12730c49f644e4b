package dev.hansa.gateway.route;

import java.util.Locale;

/// Why a connection was not carried. The word is a metric's label and an access record's field.
public enum Refusal {
    /// Where only proxies are let in, which say for whom.
    NOT_A_PROXY,
    BAD_PROXY_HEADER,
    NOT_TLS,
    MALFORMED_HELLO,
    HELLO_TOO_LARGE,
    HELLO_TIMEOUT,
    NO_SERVER_NAME,
    BAD_SERVER_NAME,
    NOT_SERVED,
    NO_HEALTHY_ENDPOINT,
    UPSTREAM_FAILED,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_AT_ONCE,
    TOO_MANY_OF_ONE_SOURCE,
    TOO_MANY_OF_ONE_SOURCE_AT_ONCE,
    TOO_MANY_TO_ONE_NAME,
    MEMORY_SHORT,
    APPLICATION_DOWN,
    HANDSHAKE_FAILED,
    IDENTITY_REFUSED,
    INTENTION_DENIED,
    TRUST_REMOVED,
    ENDPOINT_DEAD,
    NO_ROUTES_YET,
    NOT_REDIRECTED,
    OWN_CONNECTION,
    UNKNOWN_DESTINATION,
    MESH_DESTINATIONS_ONLY,
    /// It had not said what it wants when there were too many of those.
    GAVE_WAY,
    CLOSED_EARLY;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
