package dev.hansa.peering.stream;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.http.HttpServerRequestWrapper;

/// One call to the peer port below gRPC, where bytes can be counted before they become a message: a
/// stranger has the server hold no more of them than it takes to say who it is. Event loop, except
/// [#known].
final class Caller extends HttpServerRequestWrapper {
    /// An Open or an ExchangeSecret is a few hundred bytes, and so is each subscription behind it.
    static final int STRANGERS_BYTES = 16 << 10;

    private volatile boolean isKnown;
    private long heard;
    private Runnable onTooMuch = () -> {};

    Caller(HttpServerRequest request) {
        super((HttpServerRequestInternal) request);
    }

    /// It has shown who it is.
    void known() {
        isKnown = true;
    }

    /// What is done, once, about a stranger that says too much.
    void onTooMuch(Runnable refusal) {
        onTooMuch = refusal;
    }

    @Override
    public HttpServerRequest handler(Handler<Buffer> handler) {
        super.handler(buffer -> {
            if (isKnown) {
                handler.handle(buffer);
                return;
            }
            var before = heard;
            heard += buffer.length();
            if (heard <= STRANGERS_BYTES) {
                handler.handle(buffer);
            } else if (before <= STRANGERS_BYTES) {
                onTooMuch.run();
            }
        });
        return this;
    }
}
