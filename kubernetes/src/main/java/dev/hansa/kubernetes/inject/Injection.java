package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.inject.InjectDecision.Inject;
import dev.hansa.kubernetes.inject.InjectDecision.LeaveAlone;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// From a pod that is about to be made to what becomes of it. Knows nothing but what it is given.
public final class Injection {
    static final String INJECTED = "injected";

    /// Of a pod whose connections are redirected, as Consul marks it.
    private static final String ENABLED = "enabled";

    /// A mirror is how the API server shows what a kubelet runs by itself: nobody can change it.
    static final String MIRROR = "kubernetes.io/config.mirror";

    /// What most pods lack, or have, that were never meant for the mesh. One that is in it by
    /// default alone must not be kept from starting by them.
    private static final Set<Refusal> UNASKED =
            EnumSet.of(
                    Refusal.SERVICE_ACCOUNT,
                    Refusal.PORT_UNKNOWN,
                    Refusal.PROBE,
                    Refusal.TRANSPARENT_PROXY);

    /// What it takes until callers everywhere have heard that a pod goes: the endpoint slice, the
    /// catalog, the peer's, each with room. Without it calls that begin meanwhile are refused.
    private static final int STOP_DELAY_SECONDS = 3;

    /// As the chart annotates its own pods; the port is each pod's.
    private static final SortedMap<String, String> SCRAPED =
            Collections.unmodifiableSortedMap(
                    new TreeMap<>(
                            Map.of(
                                    "prometheus.io/scrape", "true",
                                    "prometheus.io/path", "/metrics",
                                    "prometheus.io/port", "")));

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final InjectRules rules;
    private final PodSettings settings;

    public Injection(InjectRules rules, PodSettings settings) {
        this.rules = rules;
        this.settings = settings;
    }

    /// @param pod as it came, of whatever shape a caller sends
    /// @param namespace of the request: a pod that is being made has often none yet
    public InjectDecision decide(JsonNode pod, String namespace) {
        var annotations = new Annotations(pod);
        if (annotations.has(MIRROR)) {
            return new LeaveAlone("it is a mirror of a static pod");
        }
        var outside = rules.outside(namespace);
        if (outside.isPresent()) {
            return new LeaveAlone(outside.get());
        }
        if (annotations.text(Annotations.STATUS).filter(INJECTED::equals).isPresent()) {
            return new LeaveAlone("it is injected already");
        }
        try {
            var said = annotations.flag(Annotations.INJECT);
            if (!said.orElse(rules.byDefault())) {
                return new LeaveAlone(
                        said.isPresent()
                                ? "its annotation says so"
                                : "pods are outside by default");
            }
            var alien = alien(pod);
            if (alien.isPresent() && said.isEmpty()) {
                return new LeaveAlone(alien.get());
            }
            if (alien.isPresent()) {
                throw new RefusedPodException(
                        Refusal.HOST_NETWORK,
                        "pod: expected one with a network of its own on Linux, as annotation '"
                                + annotations.written(Annotations.INJECT)
                                + "' asks for a sidecar; found that "
                                + alien.get());
            }
            return inject(pod, annotations);
        } catch (RefusedPodException e) {
            return annotations.isSilent() && UNASKED.contains(e.reason())
                    ? new LeaveAlone(
                            String.valueOf(e.getMessage()),
                            List.of("the pod is outside the mesh: " + e.getMessage()))
                    : e.decision();
        }
    }

    /// Why a pod cannot have a sidecar, however it is annotated.
    private static Optional<String> alien(JsonNode pod) {
        if (pod.at("/spec/hostNetwork").asBoolean()) {
            return Optional.of("it is on its node's network");
        }
        return pod.at("/spec/os/name").asText().equals("windows")
                ? Optional.of("it is for Windows")
                : Optional.empty();
    }

    private InjectDecision inject(JsonNode pod, Annotations annotations)
            throws RefusedPodException {
        refuseTakenNames(pod);
        var member = Member.read(pod, annotations, settings);
        var patch = new PodPatch(pod);
        var containers = new SidecarContainer(member, settings);
        var known = pod.at("/spec/imagePullSecrets");
        for (var secret : settings.pullSecrets()) {
            if (known.valueStream().noneMatch(one -> one.path("name").asText().equals(secret))) {
                patch.insert("/spec/imagePullSecrets", "-", JSON.objectNode().put("name", secret));
            }
        }
        patch.insert("/spec/volumes", "-", SidecarContainer.sharedVolume());
        patch.insert("/spec/volumes", "-", SidecarContainer.tokenVolume(settings.audience()));
        patch.insert("/spec/volumes", "-", SidecarContainer.scratchVolume());
        // before the pod's own: they may call into the mesh already
        var warnings = new ArrayList<>(annotations.warnings());
        var probes = new Probes(pod, member.application());
        var first = new ArrayList<ObjectNode>();
        var further = List.<String>of();
        if (member.transparent().isPresent()) {
            var transparent = probes.past(member.transparent().get(), warnings);
            first.add(containers.redirect(transparent));
            further = probes.handOver(patch, transparent);
            patch.put(
                    "/metadata/annotations",
                    Annotations.OURS + Annotations.TRANSPARENT_STATUS,
                    TextNode.valueOf(ENABLED));
        } else if (annotations.flag(Annotations.OVERWRITE_PROBES).orElse(false)) {
            further = probes.handOver(patch);
        }
        first.add(containers.init());
        first.add(containers.sidecar(further));
        for (var i = 0; i < first.size(); i++) {
            patch.insert("/spec/initContainers", Integer.toString(i), first.get(i));
        }
        var delay = annotations.number(Annotations.STOP_DELAY, stopDelay(pod), 0, 300);
        var own = pod.at("/spec/containers");
        for (var i = 0; i < own.size(); i++) {
            announce(patch, "/spec/containers/" + i, member.upstreams());
            if (delay > 0) {
                delay(patch, own.get(i), "/spec/containers/" + i, delay);
            }
        }
        var status = Annotations.OURS + Annotations.STATUS;
        patch.put("/metadata/annotations", status, TextNode.valueOf(INJECTED));
        patch.put("/metadata/labels", status, TextNode.valueOf(INJECTED));
        if (member.metricsPort().isPresent()) {
            showMetrics(patch, annotations, member.metricsPort().getAsInt(), warnings);
        }
        return new Inject(patch.operations(), member.service(), warnings);
    }

    /// What a Prometheus looks for. A pod that has it says where its application's metrics are, and
    /// there is room for one place.
    private static void showMetrics(
            PodPatch patch, Annotations annotations, int port, List<String> warnings) {
        var taken = SCRAPED.keySet().stream().filter(annotations::has).findFirst();
        if (taken.isPresent()) {
            warnings.add(
                    "annotation '"
                            + taken.get()
                            + "' is the pod's own and stays: Prometheus is not led to the sidecar's metrics, at port "
                            + port
                            + ", path /metrics");
            return;
        }
        SCRAPED.forEach((name, value) ->
                patch.put(
                        "/metadata/annotations",
                        name,
                        TextNode.valueOf(value.isEmpty() ? Integer.toString(port) : value)));
    }

    /// The variables by which Consul's users' applications find their upstreams.
    private static void announce(PodPatch patch, String container, List<Upstream> upstreams) {
        for (var upstream : upstreams) {
            patch.insert(
                    container + "/env",
                    "-",
                    JSON.objectNode()
                            .put("name", upstream.variable() + "HOST")
                            .put("value", "127.0.0.1"));
            patch.insert(
                    container + "/env",
                    "-",
                    JSON.objectNode()
                            .put("name", upstream.variable() + "PORT")
                            .put("value", Integer.toString(upstream.port())));
        }
    }

    /// An API server refuses a hook that sleeps for longer than the pod may take to end.
    private static int stopDelay(JsonNode pod) {
        var grace = pod.at("/spec/terminationGracePeriodSeconds");
        return grace.isIntegralNumber()
                ? Math.clamp(grace.asLong(), 0, STOP_DELAY_SECONDS)
                : STOP_DELAY_SECONDS;
    }

    /// The application goes on for a while after its pod has been deleted, so that callers hear of
    /// it first. One that has a hook of its own knows better.
    private static void delay(PodPatch patch, JsonNode container, String path, int seconds) {
        if (container.path("lifecycle").has("preStop")) {
            return;
        }
        var hook = JSON.objectNode();
        hook.putObject("sleep").put("seconds", seconds);
        patch.put(path + "/lifecycle", "preStop", hook);
    }

    private static void refuseTakenNames(JsonNode pod) throws RefusedPodException {
        for (var list : List.of("/spec/containers", "/spec/initContainers")) {
            refuse(pod.at(list), "container", SidecarContainer.NAME);
            refuse(pod.at(list), "container", SidecarContainer.INIT);
            refuse(pod.at(list), "container", SidecarContainer.REDIRECT);
        }
        refuse(pod.at("/spec/volumes"), "volume", SidecarContainer.SHARED_VOLUME);
        refuse(pod.at("/spec/volumes"), "volume", SidecarContainer.TOKEN_VOLUME);
        refuse(pod.at("/spec/volumes"), "volume", SidecarContainer.SCRATCH_VOLUME);
    }

    private static void refuse(JsonNode list, String what, String name) throws RefusedPodException {
        for (var one : list) {
            if (one.path("name").asText().equals(name)) {
                throw new RefusedPodException(
                        Refusal.NAME_TAKEN,
                        what
                                + " '"
                                + ForeignText.shown(name)
                                + "': expected no such "
                                + what
                                + ", as the injector adds it; found one in the pod");
            }
        }
    }
}
