package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.audit.AuditReason;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.audit.Pace;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand.NoteAct;
import dev.hansa.peering.store.StoreFailure;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Records of what no command of the store is: acts that are done elsewhere, and requests that were
/// denied or refused before they came to it.
public final class AuditNotes implements AutoCloseable {
    /// What waits for a slow disk or for a leader. More is counted, and the next record says how
    /// many.
    private static final int WAITING = 64;

    private final Store store;
    private final Consumer<PeeringEvent> events;
    private final Pace pace;
    private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(WAITING);
    private final Thread writer;

    /// @param nanos as `System.nanoTime`
    AuditNotes(Store store, Consumer<PeeringEvent> events, LongSupplier nanos) {
        this.store = store;
        this.events = events;
        this.pace = new Pace(nanos);
        this.writer = Thread.ofVirtual().name("audit-notes").start(this::write);
    }

    private record Waiting(String who, Author.Entrance entrance, NoteAct note) {}

    /// Notes an act before it is done: what cannot be noted is not done.
    ///
    /// @throws StoreFailure when the store does not take it
    void begun(String what, String on) {
        store.apply(new NoteAct(what, on, AuditOutcome.BEGUN));
    }

    /// Notes what became of it; that it was begun is there already.
    void failed(String what, String on, String why) {
        tell(new NoteAct(what, on, AuditOutcome.FAILED.word(), "", why, 0));
    }

    /// Notes what `who` has done already: a store that does not take the note cannot undo it.
    public static void applied(
            String who, String what, String on, Store store, Consumer<PeeringEvent> events) {
        Author.as(who, () -> tell(new NoteAct(what, on, AuditOutcome.APPLIED), store, events));
    }

    private void tell(NoteAct note) {
        tell(note, store, events);
    }

    /// @return whether it is noted
    private static boolean tell(NoteAct note, Store store, Consumer<PeeringEvent> events) {
        try {
            store.apply(note);
            return true;
        } catch (StoreFailure e) {
            // no leader, or no room: the log and the metric have it
            events.accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
            return false;
        }
    }

    /// Notes soon, without a wait, what this thread's request has done.
    void later(String what, String on, AuditOutcome outcome) {
        offer(Author.who(), entrance(), new NoteAct(what, on, outcome));
    }

    /// Notes soon that this thread's request was denied, as far as the pace allows.
    void denied(String sentence) {
        var entrance = entrance();
        var who = Author.who();
        // those without a token are told apart by where they are
        var isNamed = !who.equals(Author.UNKNOWN) && !who.equals(Author.ANONYMOUS);
        paced(
                isNamed ? who : who + " at " + entrance.from(),
                who,
                entrance,
                untold ->
                        new NoteAct(
                                "request",
                                entrance.request(),
                                AuditOutcome.DENIED.word(),
                                "",
                                sentence,
                                untold));
    }

    /// Notes soon that this thread's request was refused, of which the store has not heard.
    void stale(String what, String on) {
        paced(
                Author.who(),
                Author.who(),
                entrance(),
                untold ->
                        new NoteAct(
                                what,
                                on,
                                AuditOutcome.REFUSED.word(),
                                AuditReason.STALE.word(),
                                "",
                                untold));
    }

    private static Author.Entrance entrance() {
        return Author.entrance().orElse(new Author.Entrance("", "a request"));
    }

    @FunctionalInterface
    private interface Note {
        NoteAct of(long untold);
    }

    private void paced(String caller, String who, Author.Entrance entrance, Note note) {
        var ticket = pace.ticket(caller);
        if (ticket.quiet() || offer(who, entrance, note.of(ticket.untold()))) {
            ticket.refused();
        } else {
            ticket.lost();
        }
    }

    private boolean offer(String who, Author.Entrance entrance, NoteAct note) {
        return waiting.offer(new Waiting(who, entrance, note));
    }

    private void write() {
        try {
            while (true) {
                write(waiting.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whatever becomes of one, the next is written.
    private void write(Waiting one) {
        try {
            Author.call(
                    one.entrance(),
                    one.who(),
                    () -> {
                        tell(one.note());
                        return one;
                    });
        } catch (Exception e) {
            events.accept(new PeeringEvent.BackgroundFailure("a record of the audit log", e));
        }
    }

    @Override
    public void close() {
        writer.interrupt();
    }
}
