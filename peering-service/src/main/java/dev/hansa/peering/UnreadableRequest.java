package dev.hansa.peering;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/// Answers what is no request of HTTP in one line, as all else is refused, and hangs up: what
/// follows cannot be read either.
///
/// @param maxLine of method, path and query, in bytes
/// @param maxHeaders of all of them, in bytes
record UnreadableRequest(int maxLine, int maxHeaders) implements Handler<HttpServerRequest> {
    private static final int BAD = 400;
    private static final int LINE_TOO_LONG = 414;
    private static final int HEADERS_TOO_LONG = 431;

    @Override
    public void handle(HttpServerRequest request) {
        switch (request.decoderResult().cause()) {
            case TooLongHttpLineException _ ->
                    refuse(
                            request,
                            LINE_TOO_LONG,
                            "path and query: expected at most " + maxLine + " bytes; found more");
            case TooLongHttpHeaderException _ ->
                    refuse(
                            request,
                            HEADERS_TOO_LONG,
                            "headers: expected at most " + maxHeaders + " bytes; found more");
            case null, default ->
                    refuse(request, BAD, "request: expected one of HTTP; found otherwise");
        }
    }

    private static void refuse(HttpServerRequest request, int status, String sentence) {
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .putHeader("Connection", "close")
                .end(sentence)
                .onComplete(_ -> request.connection().close());
    }
}
