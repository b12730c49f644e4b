package dev.hansa.kubernetes;

/// One object of a cluster, or one piece of work that is about several.
public record Subject(ApiGroup group, ResourceKind kind, String namespace, String name) {
    /// All ExportedServices together, for they become one entry.
    static final Subject EXPORTS =
            new Subject(ApiGroup.HANSA, ResourceKind.EXPORTED_SERVICES, "", "");

    /// What was written for objects that are not there any more; of no kind, so of any.
    static final Subject ORPHANS = new Subject(ApiGroup.HANSA, ResourceKind.MESH, "", "");

    boolean isOneObject() {
        return !name.isEmpty();
    }

    /// `serviceresolvers.hansa.dev/shop/cart`: in logs, and in the meta of what it has written.
    String text() {
        return kind.plural() + "." + group.domain() + "/" + namespace + "/" + name;
    }

    @Override
    public String toString() {
        if (equals(ORPHANS)) {
            return "orphans";
        }
        return isOneObject() ? text() : kind.plural();
    }
}
