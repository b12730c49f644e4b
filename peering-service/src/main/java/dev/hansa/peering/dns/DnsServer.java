package dev.hansa.peering.dns;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.peering.ConnectionDoor;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.config.DnsSettings;
import dev.hansa.trustbundle.Datacenter;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The live catalog by DNS, over UDP and TCP. It has one thread of its own: however many ask, they
/// take up one core at most, and neither proxies nor peers wait behind them. A server leads or
/// follows and answers all the same, from the catalog that it has.
///
/// An address that cannot be had does not keep a server from serving proxies and peers. It says so,
/// shows it in `/health`, and goes on trying.
public final class DnsServer implements AutoCloseable {
    /// Between two attempts to listen: another process may be about to end.
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final DnsSettings settings;
    private final Consumer<PeeringEvent> events;
    private final ConnectionDoor door;
    private final BooleanSupplier isShort;
    private final Vertx vertx;
    private final Responder responder;
    private final Thread thread;
    private volatile @Nullable DnsListener listener;
    private volatile Optional<String> problem = Optional.empty();

    private DnsServer(
            DnsSettings settings,
            Datacenter datacenter,
            String node,
            Supplier<CatalogSnapshot> catalog,
            Function<UpstreamName, Optional<VirtualAddress>> virtual,
            ConnectionDoor door,
            BooleanSupplier isShort,
            Consumer<PeeringEvent> events) {
        this.settings = settings;
        this.events = events;
        this.door = door;
        this.isShort = isShort;
        this.vertx =
                door.vertx(
                        new VertxOptions()
                                .setUseDaemonThread(true)
                                .setEventLoopPoolSize(1)
                                .setWorkerPoolSize(1)
                                .setInternalBlockingPoolSize(1));
        this.responder = Responder.of(settings, datacenter, node, catalog, virtual, events);
        this.thread = Thread.ofVirtual().name("dns").unstarted(this::keepTrying);
    }

    /// Returns when it listens, or cannot for now.
    ///
    /// @param node this server's name in the catalog
    /// @param virtual the address that stands for a service
    /// @param isShort whether new connections cannot be afforded
    public static DnsServer start(
            DnsSettings settings,
            Datacenter datacenter,
            String node,
            Supplier<CatalogSnapshot> catalog,
            Function<UpstreamName, Optional<VirtualAddress>> virtual,
            ConnectionDoor door,
            BooleanSupplier isShort,
            Consumer<PeeringEvent> events)
            throws InterruptedException {
        var server =
                new DnsServer(settings, datacenter, node, catalog, virtual, door, isShort, events);
        if (!server.listens()) {
            server.thread.start();
        }
        return server;
    }

    private void keepTrying() {
        try {
            do {
                Thread.sleep(AGAIN);
            } while (!listens());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean listens() throws InterruptedException {
        try {
            var next = DnsListener.bind(vertx, settings.address(), responder);
            listener = next;
            door.guard(next.bound(), settings.connections(), isShort, this::refused);
            problem = Optional.empty();
            events.accept(new PeeringEvent.DnsListening(text(next.bound()), settings.domain()));
            return true;
        } catch (IOException e) {
            var reason = String.valueOf(e.getMessage());
            if (!problem.equals(Optional.of(reason))) {
                events.accept(new PeeringEvent.DnsNotListening(reason));
            }
            problem = Optional.of(reason);
            return false;
        }
    }

    private void refused(String reason) {
        events.accept(new PeeringEvent.ConnectionRefused("dns", reason));
    }

    private static String text(InetSocketAddress address) {
        return Endpoint.text(address.getHostString(), address.getPort());
    }

    /// What is listened on; empty while it is not.
    public Optional<InetSocketAddress> bound() {
        return Optional.ofNullable(listener).map(DnsListener::bound);
    }

    /// Why nobody is answered; empty when all is well.
    public Optional<String> problem() {
        return problem;
    }

    /// Adds what a server's health says about it.
    public void health(ObjectNode health) {
        var dns = health.putObject("dns");
        dns.put("domain", settings.domain());
        bound().ifPresent(at -> dns.put("address", text(at)));
        problem.ifPresent(reason -> dns.put("problem", reason));
    }

    @Override
    public void close() throws Exception {
        thread.interrupt();
        thread.join();
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .get(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
}
