package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.time.Duration;
import java.util.Set;
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

    /// Where a call keeps its share of the room until somebody works on it.
    private static final String SHARE = BodyRoom.class.getName();

    /// Reads have small bodies at most, and so has what waits for a change: it would hold a longer
    /// one for minutes.
    private static final Set<String> READS = Set.of("GET", "HEAD");

    private static final Set<String> WAITS = Set.of("index", "hash");

    /// Most requests are answered within some milliseconds.
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private static final BodyHandler LONG = BodyHandler.create(false).setBodyLimit(MAX_BODY);
    private static final BodyHandler SHORT = BodyHandler.create(false).setBodyLimit(SMALL);

    private final Consumer<PeeringEvent> events;
    private final BodyRoom room;

    BodyDoor(Consumer<PeeringEvent> events) {
        this(events, Runtime.getRuntime().maxMemory() / PART);
    }

    /// @param most bytes of bodies that are being answered, but for small ones
    BodyDoor(Consumer<PeeringEvent> events, long most) {
        this.events = events;
        this.room = new BodyRoom(most);
    }

    /// Before whatever wants a body. It is there until the handler returns that wants it.
    void mount(Router router) {
        router.route().handler(BodyDoor::begin);
        router.route().handler(call -> (isShort(call) ? SHORT : LONG).handle(call));
        router.route().handler(this::end);
    }

    private static boolean isShort(RoutingContext call) {
        return READS.contains(call.request().method().name())
                || WAITS.stream().anyMatch(call.queryParams()::contains);
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
        try {
            if (hasRoom(call)) {
                call.next();
            } else {
                events.accept(new PeeringEvent.BodyRefused());
                AnswerWriter.tooOften(
                        call,
                        PAUSE,
                        "request: expected at most " + room.limits() + "; found more: try again");
            }
        } finally {
            // a stream of HTTP/2 has the call until its client has taken the answer
            ((RoutingContextInternal) call).setBody(null);
            BodyRoom.Share left = call.remove(SHARE);
            if (left != null) {
                left.free();
            }
        }
    }

    private boolean hasRoom(RoutingContext call) {
        var size = call.body().length();
        if (size <= SMALL) {
            return true;
        }
        var share = room.take(ClientNetwork.of(ClientNetwork.client(call)), size);
        share.ifPresent(one -> call.put(SHARE, one));
        return share.isPresent();
    }

    /// What a call's body takes of the room is this stay's until its work ends. Nobody asks the
    /// connection: whoever hangs up has his body worked on still, and the handlers of a response's
    /// end are one for all, and not ours.
    static void handOver(RoutingContext call, Places.Stay stay) {
        BodyRoom.Share share = call.remove(SHARE);
        if (share != null) {
            stay.afterWork(share::free);
        }
    }

    /// Bytes of bodies that are being answered.
    long held() {
        return room.held();
    }

    /// Answers what has failed on its way to a resource.
    void fail(RoutingContext call) {
        var status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (status == 413) {
            AnswerWriter.plain(
                    call,
                    413,
                    "body: expected at most "
                            + (isShort(call)
                                    ? SMALL + " bytes with GET, HEAD, 'index' or 'hash'"
                                    : MAX_BODY + " bytes")
                            + "; found more");
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
