package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/// What becomes of a pod that is about to be made.
public sealed interface InjectDecision {
    /// @param patch of RFC 6902
    /// @param service whose sidecar it gets
    /// @param warnings for whoever makes the pod: annotations that have no effect
    record Inject(ArrayNode patch, String service, List<String> warnings)
            implements InjectDecision {
        public Inject {
            warnings = List.copyOf(warnings);
        }
    }

    /// It starts as it is.
    ///
    /// @param warnings for whoever makes the pod
    record LeaveAlone(String why, List<String> warnings) implements InjectDecision {
        public LeaveAlone {
            warnings = List.copyOf(warnings);
        }

        public LeaveAlone(String why) {
            this(why, List.of());
        }
    }

    /// It does not start: it is to be in the mesh, and cannot be as it is written.
    record Refuse(Refusal reason, String sentence) implements InjectDecision {}

    /// Why a pod is refused; the first word of what its maker is told.
    enum Refusal {
        BAD_ANNOTATION("BadAnnotation"),
        /// The pod is on its node's network, whose ports its sidecar would take.
        HOST_NETWORK("HostNetwork"),
        /// Its service account is not named as a service of its own.
        SERVICE_ACCOUNT("ServiceAccount"),
        /// Where the application listens is not known.
        PORT_UNKNOWN("PortUnknown"),
        /// An upstream, or the sidecar's metrics, want a port that something else in the pod has.
        PORT_TAKEN("PortTaken"),
        BAD_UPSTREAM("BadUpstream"),
        /// Its connections are to be redirected, and a container's would go around its sidecar.
        TRANSPARENT_PROXY("TransparentProxy"),
        /// A container or volume of the pod has a name that the injector needs.
        NAME_TAKEN("NameTaken"),
        /// A probe cannot be asked by the sidecar.
        PROBE("Probe");

        private final String word;

        Refusal(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }
}
