package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// Says in a file of a gateway's pod where peers reach it, as its Service says, for as long as the
/// pod lives: a Service that is made anew, or that another load balancer takes, has another
/// address. What cannot be asked, and a load balancer without an address, change nothing.
final class GatewayAddress implements AutoCloseable {
    /// A cloud needs minutes for another address; a look is one read of one object.
    private static final Duration EVERY = Duration.ofSeconds(10);

    private final KubernetesClient client;
    private final String namespace;
    private final String service;
    private final int port;
    private final Path file;
    private final Duration every;
    private final Consumer<String> says;
    private final Thread thread = Thread.ofVirtual().name("gateway-address").unstarted(this::run);
    private String said = "";

    private GatewayAddress(
            Settings settings, KubernetesClient client, Duration every, Consumer<String> says)
            throws InvalidConfigException {
        this.client = client;
        this.namespace = BootstrapConfig.name(settings, BootstrapConfig.NAMESPACE.name(), "hansa");
        this.service = settings.required("service", "the name of a Service", Function.identity());
        this.port = settings.port("port", 443);
        this.file = settings.path("out", Path.of("/hansa/connect")).resolve(GatewayPlace.ADDRESS);
        this.every = every;
        this.says = says;
        settings.finish();
    }

    /// @param client closed with this
    static GatewayAddress start(Settings settings, KubernetesClient client, Consumer<String> says)
            throws InvalidConfigException {
        return start(settings, client, EVERY, says);
    }

    static GatewayAddress start(
            Settings settings, KubernetesClient client, Duration every, Consumer<String> says)
            throws InvalidConfigException {
        var following = new GatewayAddress(settings, client, every, says);
        following.thread.start();
        return following;
    }

    private void run() {
        try {
            while (true) {
                attempt();
                Thread.sleep(every);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void attempt() {
        try {
            look();
        } catch (RuntimeException e) {
            // a defect, here or of the client: it goes on, or nobody would know that it has ended
            say("found '" + ForeignText.shown(e.toString(), 500) + "'");
        }
    }

    private void look() {
        try {
            var found = client.services().inNamespace(namespace).withName(service).get();
            if (found == null) {
                say("found no such Service");
                return;
            }
            var all = all(found, port);
            if (all.isEmpty()) {
                say("found no address of its load balancer");
                return;
            }
            said = "";
            if (keep(file, all).isEmpty()) {
                var now = all.getFirst();
                OwnDisk.write(file, now.getBytes(StandardCharsets.UTF_8));
                says.accept("peers reach this gateway at " + now);
            }
        } catch (KubernetesClientException e) {
            say("found HTTP " + e.getCode() + " of the API server of Kubernetes");
        } catch (IOException e) {
            say("found '" + ForeignText.shown(String.valueOf(e.getMessage()), 500) + "'");
        }
    }

    /// Each reason once.
    private void say(String why) {
        if (!why.equals(said)) {
            said = why;
            says.accept(
                    "Service '" + service + "': expected the address of its load balancer; " + why);
        }
    }

    /// Each that its load balancer has, with the port.
    static List<String> all(Service service, int port) {
        return hosts(service).stream().map(host -> Endpoint.text(host, port)).toList();
    }

    /// What the file says, while it is one of these: a load balancer has several, in any order.
    ///
    /// @throws IOException when it cannot be read
    static Optional<String> keep(Path file, List<String> all) throws IOException {
        return Files.exists(file)
                ? Optional.of(Files.readString(file).strip()).filter(all::contains)
                : Optional.empty();
    }

    /// Of its load balancer, addresses before names, which have to be looked up.
    private static List<String> hosts(Service service) {
        var status = service.getStatus();
        if (status == null || status.getLoadBalancer() == null) {
            return List.of();
        }
        var ingresses = status.getLoadBalancer().getIngress();
        return Stream.of(
                        ingresses.stream().map(LoadBalancerIngress::getIp),
                        ingresses.stream().map(LoadBalancerIngress::getHostname))
                .flatMap(Function.identity())
                .filter(Objects::nonNull)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
        client.close();
    }
}
