package dev.hansa.kubernetes.catalog;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// What the addresses at which Kubernetes shows a Service stand for in the mesh.
public sealed interface Shown {
    /// For nothing: it has none, or its pods are not in the mesh, or of several names there.
    record Nothing() implements Shown {}

    /// It has no pods now, and its callers stay: for what they stood for when it had some.
    ///
    /// @param ports all that it has
    record AsBefore(List<String> addresses, SortedSet<Integer> ports) implements Shown {
        public AsBefore {
            addresses = List.copyOf(addresses);
            ports = copy(ports);
        }
    }

    /// For one service.
    ///
    /// @param ports those of its own that lead to the service's port in the mesh
    record By(String service, List<String> addresses, SortedSet<Integer> ports) implements Shown {
        public By {
            addresses = List.copyOf(addresses);
            ports = copy(ports);
        }
    }

    private static SortedSet<Integer> copy(SortedSet<Integer> ports) {
        return Collections.unmodifiableSortedSet(new TreeSet<>(ports));
    }
}
