package dev.hansa.peering.ui;

import dev.hansa.peering.ui.UiFiles.UiFile;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Serves the web UI at `/ui/`, and sends browsers there that ask for nothing.
///
/// The pages show names and check outputs that strangers chose. They are put into the page as text;
/// should one ever not be, the policy still runs no script, style or frame that is not a file of
/// ours.
public final class UiDoor implements Handler<RoutingContext> {
    static final String POLICY =
            String.join(
                    "; ",
                    "default-src 'none'",
                    "script-src 'self'",
                    "style-src 'self'",
                    "img-src 'self'",
                    "connect-src 'self'",
                    "base-uri 'none'",
                    "form-action 'none'",
                    "frame-ancestors 'none'",
                    "require-trusted-types-for 'script'",
                    // the library's one policy, for templates that are written in our files
                    "trusted-types lit-html");

    private static final String HOME = "/ui/";

    /// A build without one of them does not start.
    private final Map<String, UiFile> files = UiFiles.all();

    @Override
    public void handle(RoutingContext call) {
        // as it was sent: what is written otherwise, `%2e` or `//`, is not ours
        switch (call.request().path()) {
            case "/", "/ui" -> redirect(call);
            case String path when path.startsWith(HOME) -> serve(call, path);
            case null, default -> call.next();
        }
    }

    private static void redirect(RoutingContext call) {
        if (isRead(call)) {
            guarded(call).setStatusCode(302).putHeader("Location", HOME).end();
        }
    }

    private void serve(RoutingContext call, String path) {
        if (!isRead(call)) {
            return;
        }
        var file = files.get(path.equals(HOME) ? "index.html" : path.substring(HOME.length()));
        if (file == null) {
            text(call, 404, "404 page not found");
            return;
        }
        var isPacked = Gzip.isTaken(call.request().getHeader("Accept-Encoding"));
        var tag = isPacked ? file.packedTag() : file.tag();
        var response =
                guarded(call)
                        .putHeader("ETag", tag)
                        .putHeader("Vary", "Accept-Encoding")
                        // asked again each time: an upgrade never mixes files of two versions
                        .putHeader("Cache-Control", "no-cache");
        if (isKnown(call.request().getHeader("If-None-Match"), tag)) {
            response.setStatusCode(304).end();
            return;
        }
        if (isPacked) {
            response.putHeader("Content-Encoding", Gzip.NAME);
        }
        var content = isPacked ? file.packed().copy() : Buffer.buffer(file.content());
        response.putHeader("Content-Type", file.type())
                .putHeader("Content-Length", Integer.toString(content.length()));
        if (call.request().method().name().equals("HEAD")) {
            response.end();
        } else {
            response.end(content);
        }
    }

    private static boolean isRead(RoutingContext call) {
        var method = call.request().method().name();
        if (method.equals("GET") || method.equals("HEAD")) {
            return true;
        }
        call.response().putHeader("Allow", "GET, HEAD");
        text(call, 405, "method not allowed");
        return false;
    }

    /// @param header tags that the caller has, separated by commas; null: none
    private static boolean isKnown(@Nullable String header, String tag) {
        return header != null
                && Arrays.stream(header.split(","))
                        .map(String::strip)
                        .map(one -> one.startsWith("W/") ? one.substring(2) : one)
                        .anyMatch(one -> one.equals(tag) || one.equals("*"));
    }

    private static void text(RoutingContext call, int status, String sentence) {
        guarded(call)
                .setStatusCode(status)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end(sentence);
    }

    private static HttpServerResponse guarded(RoutingContext call) {
        return call.response()
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Frame-Options", "DENY")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin");
    }
}
