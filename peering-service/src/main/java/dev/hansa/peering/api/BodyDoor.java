package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Reads the bodies of requests, and tells what is wrong with a request from defects of ours.
public final class BodyDoor {
    /// As Consul's largest transaction; a longer entry or token is a mistake.
    public static final long MAX_BODY = 512 * 1024;

    /// A body that is always taken: as many as there are places for requests come to 4 MiB.
    private static final int SMALL = 4 * 1024;

    /// Of the heap, for bodies that are being answered: what is read of one takes up to sixteen
    /// times as much, and half of the heap is left for all else.
    private static final int PART = 32;

    /// Set while a body is being read: what fails then is what the caller sends, or that he hangs
    /// up.
    private static final String READING = BodyDoor.class.getName();

    private final Consumer<PeeringEvent> events;
    private final long most;
    private final AtomicLong held = new AtomicLong();

    BodyDoor(Consumer<PeeringEvent> events) {
        this(events, Runtime.getRuntime().maxMemory() / PART);
    }

    /// @param most bytes of bodies that are being answered, but for small ones
    BodyDoor(Consumer<PeeringEvent> events, long most) {
        this.events = events;
        this.most = Math.max(most, MAX_BODY);
    }

    /// Before whatever wants a body.
    void mount(Router router) {
        router.route().handler(BodyDoor::begin);
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
        router.route().handler(this::end);
    }

    /// Bodies are read as what they are, whatever they are called: curl calls each a form, and a
    /// form's fields are short.
    private static void begin(RoutingContext call) {
        call.request().headers().remove("Content-Type");
        call.put(READING, true);
        call.next();
    }

    private void end(RoutingContext call) {
        call.remove(READING);
        var size = Math.max(0, call.body().length());
        if (size > SMALL) {
            if (held.addAndGet(size) > most) {
                held.addAndGet(-size);
                AnswerWriter.plain(
                        call,
                        429,
                        "request: expected at most "
                                + most
                                + " bytes of bodies that are answered at once; found more: try again");
                return;
            }
            call.addEndHandler(_ -> held.addAndGet(-size));
        }
        call.next();
    }

    /// Answers what has failed on its way to a resource.
    void fail(RoutingContext call) {
        var status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (status == 413) {
            AnswerWriter.plain(
                    call, 413, "body: expected at most " + MAX_BODY + " bytes; found more");
        } else if (status < 500 || call.failure() == null || call.get(READING) != null) {
            AnswerWriter.plain(
                    call,
                    status < 500 || call.failure() == null ? status : 400,
                    "request: expected one that can be read; found otherwise");
        } else {
            events.accept(new PeeringEvent.BackgroundFailure("API request", call.failure()));
            AnswerWriter.plain(call, status, status == 500 ? "internal error" : "request refused");
        }
    }
}
