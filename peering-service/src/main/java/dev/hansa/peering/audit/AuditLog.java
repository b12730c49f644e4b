package dev.hansa.peering.audit;

import dev.hansa.bootstrap.Latest;
import java.util.List;
import java.util.Map;

/// The audit log as this server has it. Reads block on the disk.
public interface AuditLog {
    /// Records that one read looks at: some 20 ms of one processor. Who looks for what is seldom
    /// asks on.
    int WINDOW = 10_000;

    /// Each holds where its text is empty; `who`, `what` and `on` where it stands in the field, the
    /// others where it is the field.
    ///
    /// @param since the first time, as a record has it, and `until` the first one that is not
    record Filter(
            String who,
            String what,
            String on,
            String outcome,
            String kind,
            String since,
            String until) {
        public static final Filter ALL = new Filter("", "", "", "", "", "", "");
    }

    /// What a look found.
    ///
    /// @param next what to ask for next: records below this number; 0: there are none
    record Page(List<AuditRecord> records, long next) {
        public Page {
            records = List.copyOf(records);
        }
    }

    /// Of a class, each with its place and hash.
    ///
    /// @param anchor the last record that was dropped; the start where none was
    /// @param head the newest record; the anchor where there is none
    record Span(AuditMark anchor, AuditMark head) {}

    /// @param head the newest record
    /// @param dropped the highest number of one that was dropped: from there on there is each
    record Ends(AuditMark head, long dropped, Map<AuditClass, Span> classes) {
        public Ends {
            classes = Map.copyOf(classes);
        }

        public Span of(AuditClass kind) {
            return classes.getOrDefault(kind, new Span(AuditMark.START, AuditMark.START));
        }
    }

    /// The newest ones with a number below `number`, newest first, of those [#WINDOW] that are
    /// looked at.
    Page before(long number, int limit, Filter filter);

    /// The oldest ones with a number above `number` and of what was dropped, oldest first, without
    /// a gap.
    List<AuditRecord> after(long number, int limit);

    Ends ends();

    /// The newest record that is on this server's disk, and its successors.
    Latest<AuditMark> head();
}
