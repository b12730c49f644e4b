package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.ForeignText;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Injected pods one of whose init containers has given up: an Event of Kubernetes says why, beside
/// the pod. The pod has no right to write one, and needs none.
final class StuckPods implements AutoCloseable {
    private static final int MAX_MESSAGE = 1_000;

    /// Containers that end before the application starts.
    private static final Set<String> OURS =
            Set.of(SidecarContainer.INIT, SidecarContainer.REDIRECT);

    /// Its rules were not taken by the node's kernel.
    private static final String REDIRECT_FAILED = "RedirectFailed";

    private final KubernetesClient client;
    private final BooleanSupplier isLeading;
    private final Clock clock;
    private final Consumer<InjectorEvent> events;
    private @Nullable SharedIndexInformer<Pod> informer;

    StuckPods(
            KubernetesClient client,
            BooleanSupplier isLeading,
            Clock clock,
            Consumer<InjectorEvent> events) {
        this.client = client;
        this.isLeading = isLeading;
        this.clock = clock;
        this.events = events;
    }

    /// Pods that have not started yet, which are few at any time.
    void watch() {
        var started =
                client.pods()
                        .inAnyNamespace()
                        .withLabel(Annotations.OURS + Annotations.STATUS, Injection.INJECTED)
                        .withField("status.phase", "Pending")
                        .runnableInformer(0);
        started.addEventHandler(
                new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(Pod added) {
                        look(added);
                    }

                    @Override
                    public void onUpdate(Pod old, Pod changed) {
                        look(changed);
                    }

                    @Override
                    public void onDelete(Pod gone, boolean unknown) {
                        // it has started, or is gone
                    }
                });
        started.exceptionHandler((_, cause) -> {
            events.accept(
                    new InjectorEvent.UpkeepFailed(
                            "watch of pods: " + cause.getClass().getSimpleName()));
            return true;
        });
        informer = started;
        started.start();
    }

    void look(Pod pod) {
        if (isLeading.getAsBoolean()) {
            failure(pod).ifPresent(failed -> report(pod, failed));
        }
    }

    private record Failed(ContainerStateTerminated how, String reason) {}

    private static Optional<Failed> failure(Pod pod) {
        if (pod.getStatus() == null || pod.getStatus().getInitContainerStatuses() == null) {
            return Optional.empty();
        }
        return pod.getStatus().getInitContainerStatuses().stream()
                .filter(status -> OURS.contains(Objects.requireNonNullElse(status.getName(), "")))
                .flatMap(status -> failed(status).stream())
                .findFirst();
    }

    private static Optional<Failed> failed(ContainerStatus status) {
        return ended(status)
                .filter(ended -> ended.getExitCode() != null && ended.getExitCode() != 0)
                .map(ended ->
                        new Failed(
                                ended,
                                SidecarContainer.REDIRECT.equals(status.getName())
                                        ? REDIRECT_FAILED
                                        : ConnectInit.Failure.of(ended.getExitCode()).word()));
    }

    private static Optional<ContainerStateTerminated> ended(ContainerStatus status) {
        if (status.getState() != null && status.getState().getTerminated() != null) {
            return Optional.of(status.getState().getTerminated());
        }
        return status.getLastState() == null
                ? Optional.empty()
                : Optional.ofNullable(status.getLastState().getTerminated());
    }

    /// One Event for a pod and a reason: its name is made of both, so that the API server refuses a
    /// second one.
    private void report(Pod pod, Failed failed) {
        var reason = failed.reason();
        var metadata = pod.getMetadata();
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        var words = Objects.requireNonNullElse(failed.how().getMessage(), "").strip();
        try {
            client.v1()
                    .events()
                    .inNamespace(metadata.getNamespace())
                    .resource(
                            new EventBuilder()
                                    .withNewMetadata()
                                    .withName(
                                            "hansa-"
                                                    + Objects.requireNonNullElse(
                                                            metadata.getUid(), metadata.getName())
                                                    + "-"
                                                    + reason.toLowerCase(Locale.ROOT))
                                    .withNamespace(metadata.getNamespace())
                                    .endMetadata()
                                    .withNewInvolvedObject()
                                    .withApiVersion("v1")
                                    .withKind("Pod")
                                    .withName(metadata.getName())
                                    .withNamespace(metadata.getNamespace())
                                    .withUid(metadata.getUid())
                                    .endInvolvedObject()
                                    .withType("Warning")
                                    .withReason(reason)
                                    .withMessage(ForeignText.shown(last(words), MAX_MESSAGE))
                                    .withFirstTimestamp(now)
                                    .withLastTimestamp(now)
                                    .withCount(1)
                                    .withNewSource()
                                    .withComponent("hansa-injector")
                                    .endSource()
                                    .build())
                    .create();
            events.accept(
                    new InjectorEvent.PodReported(
                            metadata.getNamespace() + "/" + metadata.getName(), reason));
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                events.accept(
                        new InjectorEvent.UpkeepFailed(
                                "Event of pod '"
                                        + metadata.getNamespace()
                                        + "/"
                                        + metadata.getName()
                                        + "': HTTP "
                                        + e.getCode()));
            }
        }
    }

    /// The error is the last that the container has said.
    private static String last(String words) {
        return words.substring(words.lastIndexOf('\n') + 1);
    }

    @Override
    public void close() {
        var running = informer;
        if (running != null) {
            running.stop();
        }
    }
}
