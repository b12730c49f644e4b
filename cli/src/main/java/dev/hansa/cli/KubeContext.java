package dev.hansa.cli;

import java.util.List;
import java.util.Optional;

/// `kube:CONTEXT[/NAMESPACE]`: a cluster as the user's kubectl knows it.
///
/// @param namespace empty: the context's own
record KubeContext(String name, Optional<String> namespace) {
    static final String SCHEME = "kube:";

    static boolean isOne(String where) {
        return where.startsWith(SCHEME);
    }

    /// Names of contexts may have slashes, as those of EKS do: what is a context as a whole is one.
    ///
    /// @param known all that there are
    static KubeContext of(String where, List<String> known) throws CommandFailedException {
        var rest = where.substring(SCHEME.length());
        if (known.contains(rest)) {
            return new KubeContext(rest, Optional.empty());
        }
        var slash = rest.lastIndexOf('/');
        var name = slash < 0 ? rest : rest.substring(0, slash);
        var namespace = slash < 0 ? "" : rest.substring(slash + 1);
        if (slash > 0 && known.contains(name) && !namespace.isEmpty()) {
            return new KubeContext(name, Optional.of(namespace));
        }
        throw new CommandFailedException(
                "kube: expected a context of kubectl ("
                        + (known.isEmpty()
                                ? "it has none"
                                : PlainText.line(String.join(", ", known)))
                        + "), and a namespace after a slash; found '"
                        + PlainText.of(rest)
                        + "'");
    }
}
