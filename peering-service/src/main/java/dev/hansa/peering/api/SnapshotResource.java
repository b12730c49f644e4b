package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.store.Contact;
import dev.hansa.peering.store.RefusedSnapshotException;
import dev.hansa.peering.store.SnapshotFile;
import dev.hansa.peering.store.Snapshots;
import dev.hansa.peering.store.StoreFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.file.OpenOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// `/v1/snapshot`: the whole state as a file, out and in. Beside the other resources, whose bodies
/// are texts of half a megabyte: this one goes from socket to disk and back.
public final class SnapshotResource {
    private final Snapshots snapshots;
    private final String datacenter;
    private final Consumer<PeeringEvent> events;

    /// @param datacenter the only one that a request may name
    public SnapshotResource(Snapshots snapshots, String datacenter, Consumer<PeeringEvent> events) {
        this.snapshots = snapshots;
        this.datacenter = datacenter;
        this.events = events;
    }

    /// Before whatever reads bodies.
    ///
    /// @param notes of who has saved one
    /// @param contact how this server stands to the one that leads
    void mount(Router router, AuditNotes notes, Supplier<Contact> contact) {
        router.get(StreamRoute.SNAPSHOT.path())
                .handler(call ->
                        begin(call, (asked, workplace) -> save(asked, workplace, notes, contact)));
        router.put(StreamRoute.SNAPSHOT.path()).handler(call -> begin(call, this::restore));
    }

    @FunctionalInterface
    private interface Work {
        void begin(RoutingContext call, Snapshots.Workplace workplace);
    }

    private void begin(RoutingContext call, Work work) {
        if (!call.request().isEnded()) {
            // nothing of the body is read before there is a file for it
            call.request().pause();
        }
        var named = call.queryParams().get("dc");
        if (named != null && !named.isEmpty() && !named.equals(datacenter)) {
            refuse(call, 500, "No path to datacenter");
            return;
        }
        try {
            var workplace = snapshots.workplace();
            if (workplace.isEmpty()) {
                refuse(call, 429, "snapshot: expected one at a time; found another under way");
            } else {
                work.begin(call, workplace.get());
            }
        } catch (StoreFailure e) {
            refuse(call, 500, String.valueOf(e.getMessage()));
        }
    }

    private void save(
            RoutingContext call,
            Snapshots.Workplace workplace,
            AuditNotes notes,
            Supplier<Contact> contact) {
        if (!call.request().isEnded()) {
            call.request().resume();
        }
        inBackground(
                        call,
                        () -> {
                            var made = workplace.save(flag(call, "stale"));
                            notes.later("snapshot.save", "state", AuditOutcome.APPLIED);
                            events.accept(
                                    new PeeringEvent.SnapshotSaved(made.index(), made.bytes()));
                            return made;
                        })
                .compose(made -> {
                    call.response()
                            .putHeader("Content-Type", "application/octet-stream")
                            .putHeader("X-Content-Type-Options", "nosniff")
                            .putHeader("X-Consul-Index", Long.toString(made.index()));
                    AnswerWriter.contact(call, contact.get());
                    return call.response().sendFile(workplace.file().toString());
                })
                .onComplete(_ -> end(workplace))
                .onFailure(problem -> fail(call, problem));
    }

    private void restore(RoutingContext call, Snapshots.Workplace workplace) {
        var refusal = tooLong(call);
        if (!refusal.isEmpty()) {
            end(workplace);
            refuse(call, 413, refusal);
            return;
        }
        call.vertx()
                .fileSystem()
                .open(workplace.file().toString(), new OpenOptions().setPerms("rw-------"))
                .compose(file -> call.request().pipeTo(new BoundedFile(file, this::tooLong)))
                .compose(_ ->
                        inBackground(call, () -> answer(workplace.restore(flag(call, "force")))))
                .onComplete(_ -> end(workplace))
                .onSuccess(answer ->
                        call.response()
                                .putHeader("Content-Type", "application/json")
                                .end(answer.toString()))
                .onFailure(problem -> fail(call, problem));
    }

    private JsonNode answer(Snapshots.Restored restored) {
        events.accept(new PeeringEvent.SnapshotRestored(restored.from().index(), restored.index()));
        return JsonNodeFactory.instance
                .objectNode()
                .put("Index", restored.index())
                .put("SnapshotIndex", restored.from().index())
                .put("MadeAt", restored.from().madeAt().toString());
    }

    /// Why a body is not read; empty when it is. One that says its length is held to that; one that
    /// does not, as Go's clients send it, is counted.
    private String tooLong(RoutingContext call) {
        var header = call.request().getHeader("Content-Length");
        if (header == null) {
            return "";
        }
        try {
            return tooLong(Long.parseLong(header)).orElse("");
        } catch (NumberFormatException _) {
            return longest("'" + ForeignText.shown(header) + "'");
        }
    }

    private Optional<String> tooLong(long bytes) {
        return bytes < 0 || bytes > SnapshotFile.MAX_BYTES
                ? Optional.of(longest("'" + bytes + "'"))
                : snapshots.crowded(bytes);
    }

    private static String longest(String found) {
        return "snapshot: expected at most " + SnapshotFile.MAX_BYTES + " bytes; found " + found;
    }

    private static boolean flag(RoutingContext call, String name) {
        var value = call.queryParams().get(name);
        return value != null && (value.isEmpty() || value.equals("1") || value.equals("true"));
    }

    /// On a thread of its own, as it waits for disks and other servers.
    private static <T> Future<T> inBackground(RoutingContext call, Callable<T> work) {
        var loop = call.vertx().getOrCreateContext();
        var done = Promise.<T>promise();
        var named = Doorkeeper.inTheNameOf(call, work);
        Thread.ofVirtual()
                .name("api-snapshot")
                .start(() -> {
                    try {
                        var result = named.call();
                        loop.runOnContext(_ -> done.complete(result));
                    } catch (Exception | Error e) {
                        loop.runOnContext(_ -> done.fail(e));
                    }
                });
        return done.future();
    }

    private void end(Snapshots.Workplace workplace) {
        try (workplace) {
            return;
        } catch (StoreFailure e) {
            events.accept(new PeeringEvent.BackgroundFailure("removing a snapshot", e));
        }
    }

    private void fail(RoutingContext call, Throwable problem) {
        switch (problem) {
            case RefusedSnapshotException refused -> {
                events.accept(new PeeringEvent.SnapshotRefused(refused.sentence()));
                refuse(call, 400, refused.sentence());
            }
            case BoundedFile.TooLongException tooLong ->
                    refuse(call, 413, String.valueOf(tooLong.getMessage()));
            case StoreFailure failure -> {
                events.accept(new PeeringEvent.WriteRefused(String.valueOf(failure.getMessage())));
                refuse(call, 500, String.valueOf(failure.getMessage()));
            }
            default -> {
                events.accept(new PeeringEvent.BackgroundFailure("a snapshot", problem));
                refuse(call, 500, "internal error");
            }
        }
    }

    private static void refuse(RoutingContext call, int status, String sentence) {
        var response = call.response();
        if (!call.request().isEnded()) {
            // what is left of the body is not wanted
            call.request().resume();
        }
        if (!response.ended() && !response.headWritten() && !response.closed()) {
            response.setStatusCode(status)
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end(sentence);
        } else if (!response.closed()) {
            // a file that was begun and not ended: the caller must not take it for a whole one
            call.request().connection().close();
        }
    }
}
