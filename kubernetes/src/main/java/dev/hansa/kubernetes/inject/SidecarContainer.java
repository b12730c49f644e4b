package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The containers that an injected pod has more, and what they share.
final class SidecarContainer {
    static final String NAME = "hansa-sidecar";
    static final String INIT = "connect-init";

    /// Of a pod whose connections are redirected.
    static final String REDIRECT = "hansa-redirect";

    static final String SHARED_VOLUME = "hansa-connect";
    static final String TOKEN_VOLUME = "hansa-token";
    static final String SCRATCH_VOLUME = "hansa-tmp";
    static final String SHARED = "/hansa/connect";
    private static final String SCRATCH = "/tmp";
    static final String TOKEN_FILE = "/var/run/secrets/hansa/token";

    private static final String KUBERNETES_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount";

    static final int MESH_PORT = 20000;
    static final int PROBE_PORT = 20200;
    static final int ADMIN_PORT = 19000;

    /// Of a pod that shows its sidecar's metrics, where it names no other.
    static final int METRICS_PORT = 20201;

    /// Those of a sidecar in a pod.
    static final List<Integer> PORTS = List.of(MESH_PORT, PROBE_PORT, ADMIN_PORT);

    /// The image's launcher with a sidecar's options and classes.
    private static final String LAUNCHER = "/hansa/bin/hansa-sidecar";

    /// The node that the operator registers what runs there at.
    private static final String MACHINE = "k8s-$(NODE_NAME)";

    /// As the image's user.
    private static final int USER = 65532;

    /// A join token, a key, a certificate and the last routes.
    private static final String SHARED_SIZE = "16Mi";

    /// Of the token that a pod logs in with: the least that Kubernetes gives. A pod that is deleted
    /// leaves one that works for so long at most.
    private static final int TOKEN_SECONDS = 600;

    /// Libraries of machine code are unpacked there when a process starts.
    private static final String SCRATCH_SIZE = "64Mi";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Member member;
    private final PodSettings settings;

    SidecarContainer(Member member, PodSettings settings) {
        this.member = member;
        this.settings = settings;
    }

    static ObjectNode sharedVolume() {
        var volume = JSON.objectNode().put("name", SHARED_VOLUME);
        volume.putObject("emptyDir").put("medium", "Memory").put("sizeLimit", SHARED_SIZE);
        return volume;
    }

    /// The containers' root file systems are read-only.
    static ObjectNode scratchVolume() {
        var volume = JSON.objectNode().put("name", SCRATCH_VOLUME);
        volume.putObject("emptyDir").put("sizeLimit", SCRATCH_SIZE);
        return volume;
    }

    static ObjectNode tokenVolume(String audience) {
        var volume = JSON.objectNode().put("name", TOKEN_VOLUME);
        volume.putObject("projected")
                .putArray("sources")
                .addObject()
                .putObject("serviceAccountToken")
                .put("audience", audience)
                .put("expirationSeconds", TOKEN_SECONDS)
                .put("path", "token");
        return volume;
    }

    /// Makes the rules by which the kernel redirects, and ends. It alone has a capability, and
    /// therefore root, which a container's capabilities are of; it reads nothing and writes
    /// nothing. An API server mounts the pod's own token wherever nothing else is mounted: here
    /// something is.
    ObjectNode redirect(Transparent transparent) {
        var container = bare(REDIRECT, JSON.arrayNode());
        var security = container.withObject("/securityContext");
        security.put("runAsNonRoot", false).put("runAsUser", 0).put("runAsGroup", 0);
        security.withObject("/capabilities").putArray("add").add("NET_ADMIN");
        var arguments = new ArrayList<>(List.of("connect", "redirect-traffic", "--nf-tables"));
        arguments.add("--proxy-uid=" + Transparent.USER);
        arguments.add("--proxy-outbound-port=" + Transparent.PORT);
        transparent.uids().forEach(uid -> arguments.add("--exclude-uid=" + uid));
        transparent
                .outboundPorts()
                .forEach(port -> arguments.add("--exclude-outbound-port=" + port));
        transparent
                .outboundCidrs()
                .forEach(cidr -> arguments.add("--exclude-outbound-cidr=" + cidr));
        if (member.application().port().isPresent()) {
            arguments.add("--proxy-inbound-port=" + MESH_PORT);
            arguments.add("--exclude-inbound-port=" + PROBE_PORT);
            member.metricsPort().ifPresent(port -> arguments.add("--exclude-inbound-port=" + port));
            transparent
                    .inboundPorts()
                    .forEach(port -> arguments.add("--exclude-inbound-port=" + port));
        }
        texts(container, "args", arguments);
        container
                .withArray("volumeMounts")
                .addObject()
                .put("name", SCRATCH_VOLUME)
                .put("mountPath", KUBERNETES_TOKEN)
                .put("readOnly", true);
        container.set("resources", resources());
        container.put("terminationMessagePolicy", "FallbackToLogsOnError");
        return container;
    }

    ObjectNode init() {
        var container = container(INIT);
        var arguments = new ArrayList<>(List.of("kubernetes", "connect-init"));
        arguments.add("--http-addr=" + settings.server());
        arguments.add("--auth-method=" + settings.authMethod());
        arguments.add("--bearer-token-file=" + TOKEN_FILE);
        arguments.add("--service=" + member.service());
        arguments.add("--pod=$(POD_NAME)");
        arguments.add("--namespace=$(POD_NAMESPACE)");
        arguments.add("--pod-uid=$(POD_UID)");
        arguments.add("--out=" + SHARED + "/join-token");
        if (member.application().port().isEmpty()) {
            arguments.add("--only-calls=true");
        }
        member.kubernetesService().ifPresent(name -> arguments.add("--kubernetes-service=" + name));
        if (!member.upstreams().isEmpty()) {
            arguments.add("--upstreams=" + upstreams());
        }
        texts(container, "args", arguments);
        settings.serverCa()
                .ifPresent(pem ->
                        container
                                .withArray("env")
                                .addObject()
                                .put("name", "HANSA_CACERT_PEM")
                                .put("value", pem));
        var mounts = container.withArray("volumeMounts");
        mounts.addObject().put("name", SHARED_VOLUME).put("mountPath", SHARED);
        mounts.addObject()
                .put("name", TOKEN_VOLUME)
                .put("mountPath", TOKEN_FILE.substring(0, TOKEN_FILE.lastIndexOf('/')))
                .put("readOnly", true);
        // it runs before the application and not beside it, so it asks for no more than the sidecar
        container.set("resources", resources());
        // what it says at its end is what 'kubectl describe' shows, and what an Event is made of
        container.put("terminationMessagePolicy", "FallbackToLogsOnError");
        return container;
    }

    /// @param probes how it asks the application for a kubelet, beside its check
    ObjectNode sidecar(List<String> probes) {
        var container = container(NAME).put("restartPolicy", "Always");
        texts(container, "command", List.of(LAUNCHER));
        texts(container, "args", sidecarArguments(probes));
        container
                .withArray("volumeMounts")
                .addObject()
                .put("name", SHARED_VOLUME)
                .put("mountPath", SHARED);
        container.set("resources", resources());
        var ports = container.putArray("ports");
        if (member.application().port().isPresent()) {
            ports.addObject()
                    .put("name", "hansa-mesh")
                    .put("containerPort", MESH_PORT)
                    .put("protocol", "TCP");
        }
        ports.addObject()
                .put("name", "hansa-probe")
                .put("containerPort", PROBE_PORT)
                .put("protocol", "TCP");
        member.metricsPort()
                .ifPresent(port ->
                        ports.addObject()
                                .put("name", "hansa-metrics")
                                .put("containerPort", port)
                                .put("protocol", "TCP"));
        // the application starts when the sidecar has its certificate, its routes and its listeners
        container.set("startupProbe", probe(1, member.startupSeconds()));
        container.set(
                "readinessProbe", probe(member.probe().periodSeconds(), member.probe().failures()));
        if (member.livenessSeconds() > 0) {
            container.set("livenessProbe", probe(1, member.livenessSeconds()));
        }
        return container;
    }

    private List<String> sidecarArguments(List<String> probes) {
        var service = "--set=service." + member.service() + ".";
        var arguments = new ArrayList<String>();
        arguments.add("sidecar");
        arguments.add("--join-token-file=" + SHARED + "/join-token");
        // a container that is started again has its certificate still: a join token buys one
        arguments.add("--data-dir=" + SHARED + "/state");
        // the place in the catalog where the pod's Service has it too: both are one instance there;
        // who only calls has none, and is known by its pod's name
        if (member.application().port().isPresent()) {
            arguments.add("--node-name=" + MACHINE);
        } else {
            arguments.add("--node-name=$(POD_NAME)");
            if (member.transparent().isPresent()) {
                // the operator has written of the machine which cluster it is of, and of the pod
                // nothing
                arguments.add("--machine=" + MACHINE);
            }
        }
        arguments.add("--admin-address=127.0.0.1:" + ADMIN_PORT);
        arguments.add("--probe-address=[$(POD_IP)]:" + PROBE_PORT);
        member.metricsPort()
                .ifPresent(port -> arguments.add("--metrics-address=[$(POD_IP)]:" + port));
        // it is told to stop when the application has ended: nobody is to be sent here any more
        arguments.add("--drain-grace=0s");
        arguments.add("--drain-timeout=" + member.shutdownSeconds() + "s");
        arguments.add("--services=" + member.service());
        var port = member.application().port();
        if (port.isEmpty()) {
            arguments.add(service + "address=none");
        } else {
            // a namespace holds no dot: no two pods of a machine have one id
            arguments.add(service + "id=$(POD_NAMESPACE).$(POD_NAME)-" + member.service());
            arguments.add(service + "address=127.0.0.1:" + port.getAsInt());
            arguments.add(service + "listen=[$(POD_IP)]:" + MESH_PORT);
            arguments.add(service + "check=" + member.probe().check());
            arguments.add(service + "check-timeout=" + member.probe().timeoutSeconds() + "s");
            if (!probes.isEmpty()) {
                arguments.add(service + "probes=" + String.join(" ", probes));
            }
            arguments.add(service + "meta=" + meta());
            if (!member.tags().isEmpty()) {
                arguments.add(service + "tags=" + String.join(",", member.tags()));
            }
        }
        if (!member.upstreams().isEmpty()) {
            arguments.add(service + "upstreams=" + upstreams());
        }
        if (member.transparent().isPresent()) {
            arguments.add(service + "transparent-listen=127.0.0.1:" + Transparent.PORT);
        }
        return arguments;
    }

    private String upstreams() {
        return String.join(",", member.upstreams().stream().map(Upstream::setting).toList());
    }

    private String meta() {
        var meta = new TreeMap<>(member.meta());
        meta.putAll(
                Map.of(
                        "k8s-namespace", "$(POD_NAMESPACE)",
                        "pod-name", "$(POD_NAME)",
                        "pod-uid", "$(POD_UID)"));
        return String.join(
                ",",
                meta.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .toList());
    }

    private ObjectNode container(String name) {
        var env = JSON.arrayNode();
        field(env.addObject(), "POD_NAME", "metadata.name");
        field(env.addObject(), "POD_NAMESPACE", "metadata.namespace");
        field(env.addObject(), "POD_UID", "metadata.uid");
        field(env.addObject(), "POD_IP", "status.podIP");
        field(env.addObject(), "NODE_NAME", "spec.nodeName");
        return bare(name, env);
    }

    private ObjectNode bare(String name, ArrayNode env) {
        var container = JSON.objectNode().put("name", name).put("image", settings.image());
        container.set("env", env);
        var user = USER;
        if (member.transparent().isPresent()) {
            user = Transparent.USER;
            // the image's own is its user's alone
            container.put("workingDir", SCRATCH);
        }
        if (!settings.javaOptions().isEmpty()) {
            env.addObject().put("name", "JAVA_TOOL_OPTIONS").put("value", settings.javaOptions());
        }
        container
                .putArray("volumeMounts")
                .addObject()
                .put("name", SCRATCH_VOLUME)
                .put("mountPath", SCRATCH);
        var security =
                container
                        .putObject("securityContext")
                        .put("runAsNonRoot", true)
                        .put("runAsUser", user)
                        .put("runAsGroup", user)
                        .put("readOnlyRootFilesystem", true)
                        .put("allowPrivilegeEscalation", false);
        security.putObject("capabilities").putArray("drop").add("ALL");
        security.putObject("seccompProfile").put("type", "RuntimeDefault");
        return container;
    }

    private static void field(ObjectNode variable, String name, String path) {
        variable.put("name", name)
                .putObject("valueFrom")
                .putObject("fieldRef")
                .put("fieldPath", path);
    }

    private ObjectNode resources() {
        var resources = JSON.objectNode();
        resources
                .putObject("requests")
                .put(
                        "cpu",
                        request(
                                member.size().cpuRequest(),
                                settings.cpuRequest(),
                                member.size().cpuLimit()))
                .put(
                        "memory",
                        request(
                                member.size().memoryRequest(),
                                settings.memoryRequest(),
                                member.size().memoryLimit()));
        var limits = resources.putObject("limits");
        // no limit of processors unless somebody asks for one: it would be paid for in latency
        member.size().cpuLimit().ifPresent(limit -> limits.put("cpu", limit));
        limits.put("memory", member.size().memoryLimit().orElse(settings.memoryLimit()));
        return resources;
    }

    /// An API server refuses a request above its limit: who asks for a low limit alone asks for no
    /// more than it.
    private static String request(
            Optional<String> asked, String usual, Optional<String> mostOfPod) {
        return asked.or(() -> mostOfPod.filter(most -> amount(most).compareTo(amount(usual)) < 0))
                .orElse(usual);
    }

    private static BigDecimal amount(String quantity) {
        return Quantity.getAmountInBytes(Quantity.parse(quantity));
    }

    private static ObjectNode probe(int periodSeconds, int failures) {
        var probe = JSON.objectNode();
        probe.set("httpGet", Probes.get("/ready"));
        return probe.put("periodSeconds", periodSeconds)
                .put("timeoutSeconds", 1)
                .put("failureThreshold", failures);
    }

    private static void texts(ObjectNode container, String field, List<String> texts) {
        var array = container.putArray(field);
        texts.forEach(array::add);
    }
}
