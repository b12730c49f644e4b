package dev.hansa.kubernetes.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.InvalidConfigException;
import io.fabric8.kubernetes.api.model.LoadBalancerIngressBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Where peers reach a gateway, while its Service changes.
@Timeout(60)
class GatewayAddressTest {
    private static final String SERVICE = "eks-mesh-gateway";

    @TempDir private Path folder;

    /// @param hosts addresses and names of its load balancer
    private static void service(TestingInstallation at, String... hosts) {
        var ingresses =
                Arrays.stream(hosts)
                        .map(host ->
                                host.endsWith(".example")
                                        ? new LoadBalancerIngressBuilder().withHostname(host)
                                        : new LoadBalancerIngressBuilder().withIp(host))
                        .map(LoadBalancerIngressBuilder::build)
                        .toList();
        at.client()
                .services()
                .inNamespace("mesh")
                .resource(
                        new ServiceBuilder()
                                .withNewMetadata()
                                .withName(SERVICE)
                                .endMetadata()
                                .withNewStatus()
                                .withNewLoadBalancer()
                                .withIngress(ingresses)
                                .endLoadBalancer()
                                .endStatus()
                                .build())
                .createOr(existing -> existing.update());
    }

    private GatewayAddress follow(TestingInstallation at) throws Exception {
        return follow(at, at.said()::add);
    }

    private GatewayAddress follow(TestingInstallation at, Consumer<String> says) throws Exception {
        return GatewayAddress.start(
                TestingInstallation.settings(
                        Map.of(
                                "namespace",
                                "mesh",
                                "service",
                                SERVICE,
                                "port",
                                "8443",
                                "out",
                                folder.toString())),
                at.another(),
                Duration.ofMillis(20),
                says);
    }

    private void untilFile(String text) {
        var file = folder.resolve(GatewayPlace.ADDRESS);
        await().until(() -> Files.exists(file) && Files.readString(file).equals(text));
    }

    @Test
    void fileSaysWhatTheServiceSaysAndStaysWhileItSaysNothing() throws Exception {
        try (var at = new TestingInstallation(folder);
                var _ = follow(at)) {
            await().until(() -> at.said().toString().contains("found no such Service"));
            service(at);
            await().until(() -> at.said().toString().contains("found no address"));
            assertThat(folder.resolve(GatewayPlace.ADDRESS)).doesNotExist();

            service(at, "lb.example", "192.0.2.1");
            untilFile("192.0.2.1:8443");
            service(at, "2001:db8::1");
            untilFile("[2001:db8::1]:8443");
            at.said().clear();
            service(at);
            await().until(() -> at.said().toString().contains("found no address"));
            untilFile("[2001:db8::1]:8443");
            service(at, "lb.example");
            untilFile("lb.example:8443");
        }
    }

    @Test
    void oneOfSeveralAddressesStaysInWhicheverOrderTheyAre() throws Exception {
        try (var at = new TestingInstallation(folder)) {
            service(at, "192.0.2.1", "192.0.2.2");
            try (var _ = follow(at)) {
                untilFile("192.0.2.1:8443");
                service(at, "192.0.2.2", "192.0.2.1");
                service(at, "192.0.2.2", "192.0.2.1", "192.0.2.3");
                // it has looked since, as a look at a Service without addresses says
                service(at);
                await().until(() -> at.said().toString().contains("found no address"));
                untilFile("192.0.2.1:8443");
                service(at, "192.0.2.3", "192.0.2.2");
                untilFile("192.0.2.3:8443");
            }
            assertThat(at.said())
                    .filteredOn(sentence -> sentence.startsWith("peers reach"))
                    .containsExactly(
                            "peers reach this gateway at 192.0.2.1:8443",
                            "peers reach this gateway at 192.0.2.3:8443");
        }
    }

    @Test
    void addressIsFollowedAfterADefect() throws Exception {
        var isFirst = new AtomicBoolean(true);
        try (var at = new TestingInstallation(folder);
                var _ =
                        follow(
                                at,
                                sentence -> {
                                    if (isFirst.getAndSet(false)) {
                                        throw new IllegalStateException("a defect");
                                    }
                                    at.said().add(sentence);
                                })) {
            await().until(() ->
                    at.said()
                            .toString()
                            .contains("found 'java.lang.IllegalStateException: a defect'"));
            service(at, "192.0.2.1");
            untilFile("192.0.2.1:8443");
        }
    }

    @Test
    void serviceHasToBeNamed() throws Exception {
        try (var at = new TestingInstallation(folder)) {
            assertThatThrownBy(() ->
                            GatewayAddress.start(
                                    TestingInstallation.settings(Map.of()),
                                    at.client(),
                                    at.said()::add))
                    .isInstanceOf(InvalidConfigException.class)
                    .hasMessageContaining("service");
        }
    }
}
