package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// Who has written an entry or a peering, as its meta says.
///
/// @param cluster which operator's: the name that its setting gives and, after a slash, the uid of
///   the cluster, for names may be alike by mistake
/// @param object the object, or `exportedservices` for what is made of several
record Owner(String cluster, String object) {
    static final String SOURCE = "external-source";
    static final String CLUSTER = "k8s-cluster";
    static final String OBJECT = "k8s-object";

    /// Of the entry that all ExportedServices make.
    static final String EXPORTS = "exportedservices";

    static Owner of(String cluster, Subject subject) {
        return new Owner(cluster, subject.isOneObject() ? subject.text() : EXPORTS);
    }

    /// @return empty when no operator has written it
    static Optional<Owner> of(Map<String, String> meta) {
        var cluster = meta.getOrDefault(CLUSTER, "");
        var object = meta.getOrDefault(OBJECT, "");
        return cluster.isEmpty() || object.isEmpty()
                ? Optional.empty()
                : Optional.of(new Owner(cluster, object));
    }

    /// Of a cluster that is named as `name` names one, and is another.
    boolean isOfNamesakeOf(String name) {
        return !cluster.equals(name)
                && (cluster + "/")
                        .startsWith(name.substring(0, Math.max(0, name.indexOf('/'))) + "/");
    }

    void mark(ObjectNode meta) {
        meta.put(SOURCE, "kubernetes").put(CLUSTER, cluster).put(OBJECT, object);
    }

    /// The object; empty for what is made of several, and for what nobody could have written.
    Optional<Subject> subject() {
        var parts = object.split("/", -1);
        var dot = parts[0].indexOf('.');
        if (parts.length != 3 || dot < 0) {
            return Optional.empty();
        }
        var plural = parts[0].substring(0, dot);
        var domain = parts[0].substring(dot + 1);
        return Arrays.stream(ApiGroup.values())
                .filter(group -> group.domain().equals(domain))
                .flatMap(group ->
                        Arrays.stream(ResourceKind.values())
                                .filter(kind -> kind.plural().equals(plural))
                                .map(kind -> new Subject(group, kind, parts[1], parts[2])))
                .findFirst();
    }
}
