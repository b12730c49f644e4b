package dev.hansa.peering.audit;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Computes the chains again from records that are taken one after the other, all upwards or all
/// downwards. The lowest record at fault is the one that is told.
public final class AuditCheck {
    private final Map<AuditClass, AuditMark> remembered;
    private final boolean hasGaps;
    private final Set<AuditClass> seen = EnumSet.noneOf(AuditClass.class);
    private final Map<AuditClass, Part> parts = new EnumMap<>(AuditClass.class);
    private long count;
    private @Nullable AuditRecord lowest;
    private @Nullable AuditRecord highest;
    private long faulty = Long.MAX_VALUE;
    private String fault = "";
    private String lost = "";

    /// What was taken of a class.
    private record Part(AuditRecord lowest, AuditRecord highest) {}

    private AuditCheck(Map<AuditClass, AuditMark> remembered, boolean hasGaps) {
        this.remembered = Map.copyOf(remembered);
        this.hasGaps = hasGaps;
    }

    /// Of a server's log, where some are dropped and others of another class stay.
    ///
    /// @param remembered of an earlier check: the chains must still have them
    public static AuditCheck ofLog(Map<AuditClass, AuditMark> remembered) {
        return new AuditCheck(remembered, true);
    }

    /// Of exported files, which have no gap.
    ///
    /// @param remembered as above
    public static AuditCheck ofFiles(Map<AuditClass, AuditMark> remembered) {
        return new AuditCheck(remembered, false);
    }

    public void take(AuditRecord record) {
        count++;
        if (record.form() != record.kind().form()) {
            at(
                    record.number(),
                    "expected form "
                            + record.kind().form()
                            + ", which records of class "
                            + record.kind().word()
                            + " have; found "
                            + record.form());
        } else if (!record.hash().equals(record.computedHash())) {
            at(
                    record.number(),
                    "expected hash " + record.computedHash() + "; found " + record.hash());
        }
        if (highest == null || lowest == null) {
            highest = record;
            lowest = record;
        } else if (record.number() > highest.number()) {
            follow(highest, record);
            highest = record;
        } else {
            follow(record, lowest);
            lowest = record;
        }
        var part = parts.get(record.kind());
        if (part == null) {
            parts.put(record.kind(), new Part(record, record));
        } else if (record.number() > part.highest().number()) {
            link(part.highest().place(), record);
            parts.put(record.kind(), new Part(part.lowest(), record));
        } else {
            link(record.place(), part.lowest());
            parts.put(record.kind(), new Part(record, part.highest()));
        }
        remember(record.kind(), record.place(), record.number());
    }

    /// Something stands where a record was expected.
    public void unreadable(String where) {
        if (lost.isEmpty()) {
            lost = where + ": expected an audit record; found another text";
        }
    }

    private void remember(AuditClass kind, AuditMark mark, long number) {
        var known = remembered.get(kind);
        if (known == null || known.number() != mark.number()) {
            return;
        }
        seen.add(kind);
        if (!known.equals(mark)) {
            at(
                    number,
                    "expected the hash that is remembered, "
                            + known.hash()
                            + "; found "
                            + mark.hash());
        }
    }

    private void follow(AuditRecord before, AuditRecord next) {
        if (next.number() == before.number() + 1) {
            if (!next.previous().equals(before.hash())) {
                at(
                        next.number(),
                        "expected the hash of record "
                                + before.number()
                                + " as its previous, "
                                + before.hash()
                                + "; found "
                                + next.previous());
            }
        } else if (!hasGaps || next.number() <= before.number()) {
            at(
                    next.number(),
                    "expected record "
                            + (before.number() + 1)
                            + " after "
                            + before.number()
                            + "; found "
                            + next.number());
        }
    }

    private void link(AuditMark before, AuditRecord next) {
        var kind = next.kind().word();
        if (next.nth() != before.number() + 1) {
            at(
                    next.number(),
                    "expected "
                            + kind
                            + " record "
                            + (before.number() + 1)
                            + " after "
                            + before.number()
                            + "; found "
                            + next.nth());
        } else if (!next.link().equals(before.hash())) {
            at(
                    next.number(),
                    "expected the hash of "
                            + kind
                            + " record "
                            + before.number()
                            + " as its link, "
                            + before.hash()
                            + "; found "
                            + next.link());
        }
    }

    private void at(long number, String what) {
        if (number < faulty) {
            faulty = number;
            fault = "audit record " + number + ": " + what;
        }
    }

    /// Also holds the chains to where their server says that they begin and end.
    ///
    /// @param early as they were before the first record was read
    /// @param late as they are since the last one was
    public void within(AuditLog.Ends early, AuditLog.Ends late) {
        for (var kind : AuditClass.values()) {
            within(kind, early.of(kind), late.of(kind));
        }
        var top = highest == null ? 0 : highest.number();
        if (top < early.head().number()) {
            at(top + 1, "expected to be there, up to " + early.head().number() + "; found none");
        }
    }

    private void within(AuditClass kind, AuditLog.Span early, AuditLog.Span late) {
        var part = parts.get(kind);
        remember(kind, early.anchor(), 0);
        remember(kind, late.anchor(), 0);
        if (part == null) {
            if (!early.head().equals(early.anchor())) {
                missing(kind, early.head().number());
            }
            return;
        }
        if (part.highest().nth() < early.head().number()) {
            missing(kind, part.highest().nth() + 1);
        }
        var first = part.lowest();
        var anchor = first.nth() <= late.anchor().number() ? early.anchor() : late.anchor();
        if (first.nth() == anchor.number() + 1) {
            link(anchor, first);
        } else if (first.nth() > late.anchor().number()) {
            missing(kind, anchor.number() + 1);
        }
    }

    private void missing(AuditClass kind, long place) {
        if (lost.isEmpty()) {
            lost =
                    "audit log: expected "
                            + kind.word()
                            + " record "
                            + place
                            + " to be there, since it was not dropped; found none";
        }
    }

    /// What lies before the first records that were taken, which vouch for it.
    public void begins() {
        parts.forEach((kind, part) ->
                remember(
                        kind,
                        new AuditMark(part.lowest().nth() - 1, part.lowest().link()),
                        part.lowest().number()));
    }

    /// What is wrong, the first of it; empty when nothing is.
    public Optional<String> fault() {
        if (faulty < Long.MAX_VALUE) {
            return Optional.of(fault);
        }
        if (!lost.isEmpty()) {
            return Optional.of(lost);
        }
        return unseen(false);
    }

    /// Why it cannot be said whether the log still has what is remembered: that lies before what
    /// there is to check. Empty when it can.
    public Optional<String> unsure() {
        return unseen(true);
    }

    private Optional<String> unseen(boolean isBefore) {
        for (var kind : AuditClass.values()) {
            var known = remembered.getOrDefault(kind, AuditMark.START);
            var part = parts.get(kind);
            if (known.number() == 0 || seen.contains(kind)) {
                continue;
            }
            if (part == null && !hasGaps) {
                // a file may hold none of a class; a server would have its anchor
                continue;
            }
            var lies = part != null && known.number() < part.lowest().nth();
            var isOften = kind == AuditClass.REFUSAL || kind == AuditClass.REGISTRATION;
            if (lies && hasGaps && isOften) {
                // many of them may come between two checks
                continue;
            }
            if (lies == isBefore) {
                return Optional.of(
                        "audit log: expected "
                                + kind.word()
                                + " record "
                                + known.number()
                                + ", which is remembered; found "
                                + (part == null
                                        ? "none of its class"
                                        : "records "
                                                + part.lowest().nth()
                                                + " to "
                                                + part.highest().nth()));
            }
        }
        return Optional.empty();
    }

    public long count() {
        return count;
    }

    /// Number of the first; 0 when there is none.
    public long first() {
        return lowest == null ? 0 : lowest.number();
    }

    /// The newest; the start where there is none.
    public AuditMark last() {
        return highest == null ? AuditMark.START : highest.mark();
    }

    /// The newest of each class, to be remembered: what was, where nothing of a class was taken.
    public Map<AuditClass, AuditMark> heads() {
        var all = new EnumMap<AuditClass, AuditMark>(AuditClass.class);
        all.putAll(remembered);
        parts.forEach((kind, part) -> all.put(kind, part.highest().place()));
        return all;
    }
}
