package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.RealApiServer;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/// A real API server of Kubernetes asks an injector that has the rights of the chart's account and
/// no more.
class InjectorApiServerIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path folder;

    @Test
    void apiServerMakesPodsAsTheInjectorSaysAndNoneOfTheMeshWithoutIt() throws Exception {
        var address = reachable();
        try (var kubernetes =
                        RealApiServer.start(folder.resolve("kubernetes"), "InjectorApiServerIT");
                var admin = kubernetes.admin()) {
            RealApiServer.namespaces(admin, RealApiServer.NAMESPACE, "shop");
            RealApiServer.install(
                    admin,
                    "connect-injector.yaml",
                    "Service",
                    "Secret",
                    "MutatingWebhookConfiguration");
            try (var injector = start(kubernetes.of(RealApiServer.INJECTOR))) {
                behindItsService(admin, address, injector.port());
                // API servers hear of another configuration a moment later
                await().atMost(PATIENCE)
                        .ignoreExceptionsInstanceOf(KubernetesClientException.class)
                        .untilAsserted(() ->
                                assertThat(initContainers(made(admin, "asked", "true", true)))
                                        .containsExactly("connect-init", "hansa-sidecar"));

                var pod = made(admin, "web-0", "true", false);
                assertThat(initContainers(pod)).containsExactly("connect-init", "hansa-sidecar");
                assertThat(pod.getMetadata().getLabels())
                        .containsEntry("hansa.dev/connect-inject-status", "injected");
                assertThat(pod.getSpec().getInitContainers().getLast().getRestartPolicy())
                        .isEqualTo("Always");
                assertThat(initContainers(made(admin, "outside", "false", true))).isEmpty();
                assertThatThrownBy(() -> made(admin, "torn", "maybe", true))
                        .isInstanceOfSatisfying(
                                KubernetesClientException.class,
                                e ->
                                        assertThat(e.getMessage())
                                                .contains("expected true or false; found 'maybe'"));
                redirectionIsAllowedWherePodSecurityAllowsIt(admin);
                podThatCannotStartHasAnEvent(admin, pod);
            }
            assertThatThrownBy(() -> made(admin, "web-1", "true", true))
                    .isInstanceOfSatisfying(
                            KubernetesClientException.class,
                            e ->
                                    assertThat(e.getMessage())
                                            .contains("failed calling webhook", "hansa.dev"));
            assertThat(initContainers(made(admin, "outside", "false", true))).isEmpty();
        }
    }

    /// An API server takes no endpoint on loopback.
    private static String reachable() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .findFirst()
                .orElseThrow(() -> {
                    var words =
                            "SKIPPED: InjectorApiServerIT: expected an IPv4 address beside loopback; found none";
                    System.err.println(words);
                    return new TestAbortedException(words);
                });
    }

    private static Injector start(KubernetesClient client) throws Exception {
        var settings = new HashMap<String, String>();
        // as the chart's Deployment has them
        settings.put("image", "hansa:0.1.0");
        settings.put("http-addr", "https://hansa-eu-server.mesh.svc:8501");
        settings.put("namespace", RealApiServer.NAMESPACE);
        settings.put("service.name", RealApiServer.INJECTOR);
        settings.put("secret", RealApiServer.INJECTOR + "-webhook");
        settings.put("configuration", "hansa-eu-mesh-connect-injector");
        settings.put("lease.name", RealApiServer.INJECTOR);
        settings.put("listen", "0.0.0.0:0");
        settings.put("admin.address", "127.0.0.1:0");
        settings.put("refresh", "1s");
        return Injector.start(
                InjectorConfig.read(Settings.of(settings, Map.of(), Optional.empty()), "replica"),
                client,
                WebhookMaterial.Lives.DEFAULT,
                Clock.systemUTC());
    }

    /// What the controller of endpoint slices does.
    private static void behindItsService(KubernetesClient admin, String address, int port) {
        admin.resource(
                        new EndpointSliceBuilder()
                                .withNewMetadata()
                                .withName(RealApiServer.INJECTOR)
                                .withNamespace(RealApiServer.NAMESPACE)
                                .addToLabels("kubernetes.io/service-name", RealApiServer.INJECTOR)
                                .endMetadata()
                                .withAddressType("IPv4")
                                .withEndpoints(
                                        new EndpointBuilder()
                                                .withAddresses(address)
                                                .withNewConditions()
                                                .withReady(true)
                                                .endConditions()
                                                .build())
                                .addNewPort()
                                .withName("webhook")
                                .withPort(port)
                                .withProtocol("TCP")
                                .endPort()
                                .build())
                .create();
    }

    private static Pod made(KubernetesClient admin, String name, String inject, boolean isTrial) {
        var asked = admin.resource(pod(name, inject));
        return isTrial ? asked.dryRun().create() : asked.create();
    }

    private static Pod pod(String name, String inject) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("shop")
                .addToAnnotations("hansa.dev/connect-inject", inject)
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("web")
                .addNewContainer()
                .withName("web")
                .withImage("web:v1")
                .addNewPort()
                .withContainerPort(8080)
                .endPort()
                .endContainer()
                .endSpec()
                .build();
    }

    /// A container that changes the network's rules is above the standard `baseline`.
    private static void redirectionIsAllowedWherePodSecurityAllowsIt(KubernetesClient admin) {
        assertThat(initContainers(redirected(admin, "redirected", "true")))
                .containsExactly("hansa-redirect", "connect-init", "hansa-sidecar");
        admin.namespaces()
                .withName("shop")
                .edit(shop ->
                        new NamespaceBuilder(shop)
                                .editMetadata()
                                .addToLabels("pod-security.kubernetes.io/enforce", "baseline")
                                .endMetadata()
                                .build());
        // an API server hears of the label a moment later
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThatThrownBy(() -> redirected(admin, "redirected", "true"))
                                .isInstanceOfSatisfying(
                                        KubernetesClientException.class,
                                        e ->
                                                assertThat(e.getMessage())
                                                        .contains(
                                                                "violates PodSecurity",
                                                                "container \"hansa-redirect\"",
                                                                "NET_ADMIN")));
        assertThat(initContainers(redirected(admin, "listed", "false")))
                .containsExactly("connect-init", "hansa-sidecar");
    }

    private static Pod redirected(KubernetesClient admin, String name, String transparent) {
        return admin.resource(
                        new PodBuilder(pod(name, "true"))
                                .editMetadata()
                                .addToAnnotations("hansa.dev/transparent-proxy", transparent)
                                .endMetadata()
                                .build())
                .dryRun()
                .create();
    }

    private static List<String> initContainers(Pod pod) {
        return pod.getSpec().getInitContainers().stream().map(Container::getName).toList();
    }

    private static void podThatCannotStartHasAnEvent(KubernetesClient admin, Pod pod) {
        admin.resource(
                        new PodBuilder(pod)
                                .editOrNewStatus()
                                .withPhase("Pending")
                                .withInitContainerStatuses(
                                        new ContainerStatusBuilder()
                                                .withName("connect-init")
                                                .withImage("hansa:0.1.0")
                                                .withImageID("")
                                                .withReady(false)
                                                .withRestartCount(1)
                                                .withNewState()
                                                .withNewTerminated()
                                                .withExitCode(3)
                                                .withMessage("NoService: pod 'shop/web-0'")
                                                .endTerminated()
                                                .endState()
                                                .build())
                                .endStatus()
                                .build())
                .updateStatus();
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(admin.v1().events().inNamespace("shop").list().getItems())
                                .singleElement()
                                .satisfies(event -> {
                                    assertThat(event.getReason()).isEqualTo("NoService");
                                    assertThat(event.getInvolvedObject().getUid())
                                            .isEqualTo(pod.getMetadata().getUid());
                                }));
    }
}
