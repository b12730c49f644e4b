package dev.hansa.peering.audit;

import java.util.EnumMap;
import java.util.Map;

/// What the next record follows.
///
/// @param last number and hash of the newest record
/// @param classes place and hash of the newest of each class
public record AuditHead(AuditMark last, Map<AuditClass, AuditMark> classes) {
    /// Before the first record.
    public static final AuditHead START = new AuditHead(AuditMark.START, Map.of());

    public AuditHead {
        classes = Map.copyOf(classes);
    }

    public AuditMark of(AuditClass kind) {
        return classes.getOrDefault(kind, AuditMark.START);
    }

    /// Whether the classes of form 2 have begun: then one has a record, or had.
    public boolean isApart() {
        return of(AuditClass.REGISTRATION).number() > 0;
    }

    /// With one more.
    public AuditHead with(AuditRecord record) {
        var all = new EnumMap<AuditClass, AuditMark>(AuditClass.class);
        all.putAll(classes);
        all.put(record.kind(), record.place());
        return new AuditHead(record.mark(), all);
    }
}
