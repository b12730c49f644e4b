package dev.hansa.kubernetes;

import dev.hansa.kubernetes.catalog.PodProblem;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Tells of a pod's problem where its author looks: as an Event on the pod or its Service, once.
/// What has been told already, by whichever replica, is there under the same name.
final class PodEvents {
    /// A cluster with more pods that are wrong at once has another problem; the oldest would be
    /// told again, and found to be there.
    private static final int MAX_TOLD = 10_000;

    /// What an API server takes.
    private static final int MAX_NOTE = 1024;

    /// Of a name: 253, less the dot and a hash.
    private static final int MAX_POD = 240;

    private static final int CONFLICT = 409;
    private static final String CONTROLLER = "hansa.dev/operator";

    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Cluster cluster;
    private final String identity;
    private final Clock clock;
    private final Consumer<OperatorEvent> events;
    private final Set<PodProblem> told =
            Collections.synchronizedSet(
                    Collections.newSetFromMap(
                            new LinkedHashMap<PodProblem, Boolean>() {
                                private static final long serialVersionUID = 1;

                                @Override
                                protected boolean removeEldestEntry(
                                        Map.Entry<PodProblem, Boolean> eldest) {
                                    return size() > MAX_TOLD;
                                }
                            }));

    /// @param identity of this replica
    PodEvents(Cluster cluster, String identity, Clock clock, Consumer<OperatorEvent> events) {
        this.cluster = cluster;
        this.identity = identity;
        this.clock = clock;
        this.events = events;
    }

    void tell(PodProblem problem) {
        if (!told.add(problem)) {
            return;
        }
        events.accept(new OperatorEvent.PodProblemFound(problem));
        try {
            cluster.create(event(problem));
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                // for whoever reads the log: the pod's author does not see it
                events.accept(
                        new OperatorEvent.EventNotWritten(
                                problem.namespace() + "/" + problem.name(), e.getCode()));
            }
        }
    }

    private Event event(PodProblem problem) {
        var pod =
                problem.name().length() > MAX_POD
                        ? problem.name().substring(0, MAX_POD)
                        : problem.name();
        var words = problem.words();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(problem.namespace())
                .withName(pod + "." + Integer.toHexString((problem.uid() + words).hashCode()))
                .endMetadata()
                .withEventTime(new MicroTime(MICROS.format(clock.instant())))
                .withReportingController(CONTROLLER)
                .withReportingInstance(identity)
                .withType("Warning")
                .withReason(problem.reason())
                .withAction("Register")
                .withNote(words.length() > MAX_NOTE ? words.substring(0, MAX_NOTE) : words)
                .withNewRegarding()
                .withApiVersion("v1")
                .withKind(problem.kind())
                .withNamespace(problem.namespace())
                .withName(problem.name())
                .withUid(problem.uid())
                .endRegarding()
                .build();
    }
}
