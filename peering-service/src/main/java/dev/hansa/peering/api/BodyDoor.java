package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.function.Consumer;

/// Reads the bodies of requests, and tells what is wrong with a request from defects of ours.
record BodyDoor(Consumer<PeeringEvent> events) {
    /// As Consul's largest transaction; a longer entry or token is a mistake.
    private static final long MAX_BODY = 512 * 1024;

    /// Set while a body is being read: what fails then is what the caller sends, or that he hangs
    /// up.
    private static final String READING = BodyDoor.class.getName();

    /// Before whatever wants a body.
    void mount(Router router) {
        router.route().handler(BodyDoor::begin);
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
        router.route().handler(BodyDoor::end);
    }

    /// Bodies are read as what they are, whatever they are called: curl calls each a form, and a
    /// form's fields are short.
    private static void begin(RoutingContext call) {
        call.request().headers().remove("Content-Type");
        call.put(READING, true);
        call.next();
    }

    private static void end(RoutingContext call) {
        call.remove(READING);
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
