package dev.hansa.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.cli.ParentWatch;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/// One datacenter of the demo: its processes, and the doors through which the story looks at it.
final class Datacenter {
    /// A loaded machine with one core starts a JVM within this.
    private static final Duration START = Duration.ofSeconds(30);

    /// Services whose sidecars share a process; shippingservice has its own because it is killed.
    private static final List<String> SHARED =
            List.of("frontend", "cartservice", "checkoutservice", "paymentservice", "redis-cart");

    static final String SHIPPING = "shippingservice";

    private final Site site;
    private final String peer;
    private final boolean callsPeer;
    private final boolean deniesByDefault;
    private final Children children;
    private final Patience patience;
    private final Path directory;
    private final Api server;
    private final Api gatewayAdmin;
    private final Api sidecarAdmin;
    private final Api shippingAdmin;

    /// @param callsPeer whether it has a client whose upstream is the peer's shippingservice
    Datacenter(
            Site site,
            String peer,
            boolean callsPeer,
            boolean deniesByDefault,
            Children children,
            Patience patience,
            HttpClient client,
            Path work)
            throws IOException {
        this.site = site;
        this.peer = peer;
        this.callsPeer = callsPeer;
        this.deniesByDefault = deniesByDefault;
        this.children = children;
        this.patience = patience;
        this.directory = Files.createDirectory(work.resolve(site.name()));
        this.server = new Api(client, site.at(Site.SERVER, 8500));
        this.gatewayAdmin = new Api(client, site.at(Site.GATEWAY, 19443));
        this.sidecarAdmin = new Api(client, site.at(Site.SIDECARS, 19000));
        this.shippingAdmin = new Api(client, site.at(Site.SHIPPING_SIDECAR, 19000));
    }

    String name() {
        return site.name();
    }

    /// Are calls denied that no intention decides.
    boolean deniesByDefault() {
        return deniesByDefault;
    }

    Site site() {
        return site;
    }

    Api server() {
        return server;
    }

    Api gatewayAdmin() {
        return gatewayAdmin;
    }

    /// The admin port of shippingservice's own sidecar.
    Api shippingAdmin() {
        return shippingAdmin;
    }

    /// The admin port of the process with the sidecars of everything but shippingservice.
    Api sidecarAdmin() {
        return sidecarAdmin;
    }

    String shop() {
        return "http://" + site.at(Site.FRONTEND, 8080);
    }

    /// The name under which a process of this datacenter is known to [Children].
    String process(String role) {
        return site.name() + "-" + role;
    }

    /// The peering service; the rest needs it for its join tokens.
    void startServer() throws IOException {
        hansa(
                "server",
                "server",
                Map.of(
                        "datacenter", site.name(),
                        "intentions.default-allow", String.valueOf(!deniesByDefault),
                        "data-dir", directory.resolve("server").toString(),
                        "http.address", site.at(Site.SERVER, 8500),
                        // in namespaces, where there is nobody else
                        "http.open-to-everyone-on-the-network",
                                String.valueOf(!site.at(Site.SERVER, 8500).startsWith("127.")),
                        "proxy.address", site.at(Site.SERVER, 8502),
                        "peer.address", site.at(Site.SERVER, 8503),
                        "admin.address", site.at(Site.SERVER, 19500),
                        "dns.address", site.at(Site.SERVER, 8600)));
    }

    void awaitServer() throws StepFailed, InterruptedException {
        patience.untilTrue(
                name() + ": server answers",
                START,
                () -> {
                    var gone = children.exited(process("server"));
                    if (gone.isPresent()) {
                        throw new StepFailed(
                                process("server")
                                        + ": expected to run; found it ended with exit code "
                                        + gone.get());
                    }
                    return server.read("/v1/status/leader").ok();
                });
    }

    /// Gateway, applications and sidecars.
    void startRest() throws IOException, StepFailed, InterruptedException {
        startGateway();
        startRedis();
        startApp("cartservice", Site.CART, Map.of("REDIS_ADDR", site.at(Site.CART, 6379)));
        startApp(
                "checkoutservice",
                Site.CHECKOUT,
                Map.of(
                        "CART_SERVICE_ADDR", site.at(Site.CHECKOUT, 7070),
                        "SHIPPING_SERVICE_ADDR", site.at(Site.CHECKOUT, 50052),
                        "PAYMENT_SERVICE_ADDR", site.at(Site.CHECKOUT, 50051)));
        startApp(
                "frontend",
                Site.FRONTEND,
                Map.of(
                        "CART_SERVICE_ADDR", site.at(Site.FRONTEND, 7070),
                        "SHIPPING_SERVICE_ADDR", site.at(Site.FRONTEND, 50052),
                        "CHECKOUT_SERVICE_ADDR", site.at(Site.FRONTEND, 5050)));
        if (callsPeer) {
            startApp(
                    "debug",
                    Site.DEBUG,
                    Map.of("SHIPPING_SERVICE_ADDR", site.at(Site.DEBUG, 50053)));
        }
        startPayment(Map.of());
        startShipping();
        startSidecars();
    }

    private void startGateway() throws IOException, StepFailed, InterruptedException {
        var lan = site.at(Site.GATEWAY, 8443);
        hansa(
                "gateway",
                "gateway",
                Map.of(
                        "node-name", site.name() + "-gateway",
                        "join-token-file", joinToken("gateway", List.of(), true),
                        "listen",
                                lan.equals(site.gatewayWan()) ? lan : lan + "," + site.gatewayWan(),
                        "lan.address", lan,
                        "wan.address", site.gatewayWan(),
                        "data-dir", directory.resolve("gateway").toString(),
                        "admin.address", site.at(Site.GATEWAY, 19443)));
    }

    private void startSidecars() throws IOException, StepFailed, InterruptedException {
        var settings = new HashMap<String, String>();
        settings.put("node-name", site.name() + "-sidecars");
        settings.put("admin.address", site.at(Site.SIDECARS, 19000));
        settings.put("data-dir", directory.resolve("sidecars").toString());
        var services = new ArrayList<>(SHARED);
        if (callsPeer) {
            services.add("debug");
            service(
                    settings,
                    "debug",
                    Site.DEBUG,
                    8081,
                    "http:/_healthz",
                    SHIPPING + ".svc." + peer + ".peer:50053");
        }
        settings.put("join-token-file", joinToken("sidecars", services, false));
        settings.put("services", String.join(",", services));
        service(
                settings,
                "frontend",
                Site.FRONTEND,
                8080,
                "http:/_healthz",
                "cartservice:7070,shippingservice:50052,checkoutservice:5050");
        service(settings, "cartservice", Site.CART, 7070, "grpc", "redis-cart:6379");
        service(
                settings,
                "checkoutservice",
                Site.CHECKOUT,
                5050,
                "grpc",
                "shippingservice:50052,paymentservice:50051,cartservice:7070");
        service(settings, "paymentservice", Site.PAYMENT, 50051, "grpc", "");
        service(settings, "redis-cart", Site.REDIS, 6379, "tcp", "");
        hansa("sidecars", "sidecar", settings);
    }

    /// The application and its sidecar, as a pod has them.
    void startShipping() throws IOException, StepFailed, InterruptedException {
        startApp(SHIPPING, Site.SHIPPING, Map.of());
        var settings = new HashMap<String, String>();
        settings.put("node-name", site.name() + "-" + SHIPPING);
        settings.put("admin.address", site.at(Site.SHIPPING_SIDECAR, 19000));
        settings.put("data-dir", directory.resolve("shipping-sidecar").toString());
        settings.put("join-token-file", joinToken("shipping-sidecar", List.of(SHIPPING), false));
        settings.put("services", SHIPPING);
        service(settings, SHIPPING, Site.SHIPPING, 50051, "grpc", "");
        hansa("shipping-sidecar", "sidecar", settings);
    }

    /// SIGKILL to both, as to a pod.
    void killShipping() throws InterruptedException, StepFailed {
        children.kill(process(SHIPPING));
        children.kill(process("shipping-sidecar"));
    }

    /// Without its variable it refuses to start, and stays critical.
    void startPayment(Map<String, String> variables) throws IOException {
        startApp("paymentservice", Site.PAYMENT, variables);
    }

    private void service(
            Map<String, String> settings,
            String name,
            int host,
            int port,
            String check,
            String upstreams) {
        var key = "service." + name + ".";
        settings.put(key + "address", site.at(host, port));
        settings.put(key + "listen", site.at(host, 20000));
        settings.put(key + "check", check);
        if (!upstreams.isEmpty()) {
            settings.put(key + "upstreams", upstreams);
            settings.put(key + "upstream-address", site.host(host));
        }
    }

    private void startApp(String service, int host, Map<String, String> variables)
            throws IOException {
        var environment = new HashMap<>(variables);
        environment.put("DATACENTER", site.name());
        environment.put("LISTEN_HOST", site.host(host));
        var command = new ArrayList<>(site.enter());
        command.addAll(Jvm.hansa(List.of("shop", service, ParentWatch.FLAG)));
        children.start(process(service), command, environment);
    }

    /// The real server where there is one.
    private void startRedis() throws IOException {
        var real = onPath("redis-server");
        if (real.isEmpty()) {
            startApp("redis-cart", Site.REDIS, Map.of());
            return;
        }
        // protected mode would turn away callers that are not on 127.0.0.1, and there is nothing in
        // it to protect;
        // a shell holds the pipe to the demo, since redis-server would not notice that it closed
        var script =
                "\"$1\" --bind \"$2\" --port 6379 --protected-mode no --save '' --appendonly no --set-proc-title no --syslog-ident \"$0\" & redis=$!; "
                        + "trap 'kill $redis; exit 0' TERM INT HUP; cat >/dev/null; kill $redis";
        var command = new ArrayList<>(site.enter());
        command.addAll(
                List.of(
                        "sh",
                        "-c",
                        script,
                        Jvm.home() + "/redis-cart",
                        real.get().toString(),
                        site.host(Site.REDIS)));
        children.start(process("redis-cart"), command, Map.of());
    }

    private static Optional<Path> onPath(String name) {
        for (var folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            var file = Path.of(folder.isEmpty() ? "." : folder, name);
            if (Files.isExecutable(file)) {
                return Optional.of(file.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    private void hansa(String role, String subcommand, Map<String, String> settings)
            throws IOException {
        var file = directory.resolve(role + ".properties");
        var lines =
                settings.entrySet().stream()
                        .map(entry ->
                                entry.getKey() + " = " + entry.getValue().replace("\\", "\\\\"))
                        .sorted()
                        .toList();
        Files.write(file, lines);
        var command = new ArrayList<>(site.enter());
        command.addAll(
                Jvm.hansa(List.of(subcommand, "--config", file.toString(), ParentWatch.FLAG)));
        children.start(process(role), command, Map.of());
    }

    private String joinToken(String role, List<String> services, boolean gateway)
            throws IOException, StepFailed, InterruptedException {
        var file = directory.resolve(role + ".token");
        if (Files.exists(file)) {
            Files.delete(file);
        }
        var answer =
                server.must(
                        "POST",
                        "/v1/hansa/join-token",
                        Map.of("Services", services, "MeshGateway", gateway, "TTL", "24h"));
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, answer.path("JoinToken").asText());
        return file.toString();
    }

    void write(Map<String, ?> entry) throws IOException, StepFailed, InterruptedException {
        server.must("PUT", "/v1/config", entry);
    }

    /// The worst check of all instances of a service: `passing`, `critical`…; `absent` without any.
    String health(String service, String query) throws IOException, InterruptedException {
        var worst = "absent";
        for (var instance : server.json("/v1/health/service/" + service + query)) {
            var status =
                    StreamSupport.stream(instance.path("Checks").spliterator(), false)
                            .map(check -> check.path("Status").asText())
                            .filter(text -> !"passing".equals(text))
                            .findFirst()
                            .orElse("passing");
            if ("absent".equals(worst) || !"passing".equals(status)) {
                worst = status;
            }
        }
        return worst;
    }

    JsonNode peering(String with) throws IOException, InterruptedException {
        return server.json("/v1/peering/" + with);
    }
}
