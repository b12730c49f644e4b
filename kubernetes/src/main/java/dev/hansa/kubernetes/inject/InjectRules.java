package dev.hansa.kubernetes.inject;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Which namespaces are in the mesh, and whether a pod there is by default.
///
/// @param byDefault a pod without an annotation gets a sidecar
/// @param allowed namespaces that may be in the mesh; none: all
/// @param denied those that never are, whatever `allowed` says
/// @param own where injector and servers are: what the mesh itself needs must not need the mesh
public record InjectRules(boolean byDefault, Set<String> allowed, Set<String> denied, String own) {
    /// Kubernetes' own. A pod there that waited for an injector could keep the injector from
    /// starting.
    static final Set<String> SYSTEM = Set.of("kube-system", "kube-public", "kube-node-lease");

    public InjectRules {
        allowed = Set.copyOf(allowed);
        denied = Set.copyOf(denied);
    }

    /// Those that are outside whatever they are called in the settings' lists.
    Set<String> never() {
        var never = new TreeSet<>(SYSTEM);
        never.add(own);
        never.addAll(denied);
        return never;
    }

    /// Why a namespace is not in the mesh; nothing where it is.
    Optional<String> outside(String namespace) {
        if (SYSTEM.contains(namespace)) {
            return Optional.of("namespace '" + namespace + "' is Kubernetes' own");
        }
        if (namespace.equals(own)) {
            return Optional.of("namespace '" + namespace + "' is the injector's own");
        }
        if (denied.contains(namespace)) {
            return Optional.of("namespace '" + namespace + "' is denied (deny-namespaces)");
        }
        if (!allowed.isEmpty() && !allowed.contains(namespace)) {
            return Optional.of("namespace '" + namespace + "' is not among allow-namespaces");
        }
        return Optional.empty();
    }
}
