package dev.hansa.kubernetes.catalog;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whether an endpoint is to be called. The worst comes last.
enum Readiness {
    READY("passing", "ready"),
    /// It ends and still answers: what stands may go on, what is new goes elsewhere.
    DRAINING("maintenance", "the pod is being stopped and is drained"),
    NOT_READY("critical", "the pod is not ready"),
    ENDING("critical", "the pod is being stopped and is not ready");

    private final String status;
    private final String words;

    Readiness(String status, String words) {
        this.status = status;
        this.words = words;
    }

    String status() {
        return status;
    }

    String words() {
        return words;
    }

    /// @param pod what it says itself, where it is known: an endpoint slice may lag behind, and
    ///   says ready of what is not where its Service publishes that
    static Readiness of(@Nullable EndpointConditions said, Optional<InjectedPod> pod) {
        var conditions = Objects.requireNonNullElseGet(said, EndpointConditions::new);
        // as the API says: what is unknown of ready is true, of serving is ready, of terminating no
        var ready = Objects.requireNonNullElse(conditions.getReady(), true);
        var serving =
                Objects.requireNonNullElse(conditions.getServing(), ready)
                        && pod.map(InjectedPod::isReady).orElse(true);
        var ends =
                Objects.requireNonNullElse(conditions.getTerminating(), false)
                        || pod.map(InjectedPod::isEnding).orElse(false);
        if (ends) {
            return serving ? DRAINING : ENDING;
        }
        return serving ? READY : NOT_READY;
    }

    Readiness worse(Readiness other) {
        return compareTo(other) < 0 ? other : this;
    }
}
