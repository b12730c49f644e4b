package dev.hansa.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.kubernetes.Outcome.Failed;
import dev.hansa.kubernetes.Outcome.Refused;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.HansaApi;
import dev.hansa.kubernetes.lease.Fence;
import dev.hansa.kubernetes.lease.Fence.NotLeadingException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// What all work on objects has at hand, and does alike.
///
/// @param name of the cluster and, after a slash, its uid: in the meta of what is written
/// @param patience how long an object that is deleted is held for what cannot be removed
record Desk(
        Cluster cluster,
        HansaApi api,
        Fence fence,
        String name,
        Duration patience,
        Clock clock,
        Consumer<OperatorEvent> events) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Removes what an object has written.
    @FunctionalInterface
    interface Removal {
        void run() throws ApiException, InterruptedException;
    }

    /// Before each write to the server.
    void mayWrite() {
        fence.check(HansaApi.LONGEST);
    }

    /// Held before anything is written for it, so that it is removed after.
    Custom held(Custom object) {
        return object.isHeld() ? object : cluster.replace(object.held());
    }

    void tell(Custom object, Verdict verdict) {
        var before = object.status();
        var after = verdict.on(before, object.generation(), clock.instant());
        if (!plain(after).equals(plain(before))) {
            cluster.replaceStatus(object.withStatus(after));
        }
    }

    /// As it comes from an API server, where a number is a number.
    private static JsonNode plain(Map<String, Object> status) {
        try {
            return JSON.readTree(JSON.writeValueAsString(status));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("status: expected to be JSON; found none", e);
        }
    }

    /// Lets an object that is deleted go when what it has written is removed, or after the
    /// patience: what is left then is removed as an orphan, as soon as that is possible.
    Outcome end(Custom object, Removal removal) throws InterruptedException {
        if (!object.isToBeLetGo()) {
            return new Outcome.Settled();
        }
        try {
            removal.run();
        } catch (ApiException e) {
            if (!object.isDeletedFor(patience, clock.instant())) {
                tell(object, Verdict.refused("NotRemoved", e.sentence()));
                return new Failed(e.sentence());
            }
            events.accept(new OperatorEvent.Abandoned(object.subject(), e.sentence()));
        } catch (NotLeadingException e) {
            throw e;
        } catch (RuntimeException e) {
            // what is removed in the cluster itself, a Secret; or a defect, which holds nobody for
            // ever
            var words =
                    e instanceof KubernetesClientException refused
                            ? "Kubernetes: HTTP " + refused.getCode()
                            : "operator: found '" + e + "'";
            if (!object.isDeletedFor(patience, clock.instant())) {
                tell(object, Verdict.refused("NotRemoved", words));
                return new Failed(words);
            }
            events.accept(new OperatorEvent.Abandoned(object.subject(), words));
        }
        cluster.replace(object.letGo());
        return new Outcome.Settled();
    }

    /// Says in an object's status what kept it from being done.
    Outcome failed(Custom object, ApiException e) {
        tell(
                object,
                e.reason() == ApiException.Cause.UNREACHABLE
                        ? Verdict.unknown(reason(e), e.sentence())
                        : Verdict.refused(reason(e), e.sentence()));
        return outcome(e);
    }

    static Outcome outcome(ApiException e) {
        return switch (e.reason()) {
            case REFUSED, FORBIDDEN -> new Refused(e.sentence());
            case UNREACHABLE, CONFLICT -> new Failed(e.sentence());
        };
    }

    static String reason(ApiException e) {
        return switch (e.reason()) {
            case REFUSED -> "Refused";
            case FORBIDDEN -> "Forbidden";
            case UNREACHABLE -> "ServerUnreachable";
            case CONFLICT -> "Conflict";
        };
    }

    Outcome refused(Custom object, String reason, String sentence) {
        tell(object, Verdict.refused(reason, sentence));
        return new Refused(sentence);
    }

    /// Why `object` may not write over what `owner` has written; empty when it may.
    ///
    /// @param stillWants whether an object that is there still is the one that it would be of
    Optional<String> foreign(
            Custom object, String what, Optional<Owner> owner, Predicate<Custom> stillWants) {
        var own = Owner.of(name, object.subject());
        if (owner.equals(Optional.of(own))) {
            return Optional.empty();
        }
        if (owner.isEmpty() || !owner.get().cluster().equals(name)) {
            if (object.mayTakeOver()) {
                return Optional.empty();
            }
            return Optional.of(
                    what
                            + ": expected to be written by this cluster; found that "
                            + owner.map(other -> "cluster '" + other.cluster() + "'")
                                    .orElse("somebody else")
                            + " has (annotate this object with hansa.dev/take-over=true to write over it)");
        }
        // no annotation helps: two that are there would write over each other for ever
        var other = owner.get().subject().flatMap(cluster::now);
        return other.filter(stillWants)
                .map(there ->
                        what
                                + ": expected one object to say it; found that "
                                + there.subject().text()
                                + " does already");
    }

    static Map<String, Object> named(String entry) {
        return Map.of("entry", entry);
    }
}
