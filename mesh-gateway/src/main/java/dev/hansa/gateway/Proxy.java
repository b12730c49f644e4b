package dev.hansa.gateway;

import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Latest;
import dev.hansa.failover.JoinToken;
import dev.hansa.gateway.discovery.ControlChannel;
import dev.hansa.gateway.discovery.Presence;
import dev.hansa.gateway.discovery.ProxyDisk;
import dev.hansa.gateway.discovery.RouteSubscription;
import dev.hansa.gateway.telemetry.AdminServer;
import dev.hansa.gateway.telemetry.ConnectionLog;
import dev.hansa.gateway.telemetry.GatewayTelemetry;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import dev.hansa.gateway.wire.HandOver;
import dev.hansa.gateway.wire.Transport;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// What a gateway and a sidecar have in common: sockets, the way to the server, telemetry, and how
/// they begin and stop.
final class Proxy {
    /// Two streams to one server: a second is more than the time between them.
    private static final Duration SUCCESSOR_KNOWN = Duration.ofSeconds(1);

    /// On a busy machine a new process needs six of them; there is no hurry.
    private static final Duration SERVER_ANSWERS = Duration.ofSeconds(20);

    final Closer closer = new Closer();
    final Transport transport;
    final PrometheusMeterRegistry metrics = registry();
    final ConnectionLog connections = new ConnectionLog();
    final GatewayTelemetry telemetry;
    final JoinToken token;
    final Optional<ProxyDisk> disk;
    final ControlChannel control;
    final MultiThreadIoEventLoopGroup controlLoops;
    final Clock clock;
    final String software;
    final Doors doors;
    final Latest<Presence> presence;
    private final Lifecycle lifecycle;
    private final Optional<Path> handOver;
    private Optional<HandOver.Predecessor> predecessor;
    private Optional<Channel> admin = Optional.empty();
    private volatile boolean serving;

    /// @throws IOException naming the file when the join token cannot be read
    Proxy(Path joinTokenFile, Lifecycle lifecycle, Clock clock) throws IOException {
        this.clock = clock;
        this.telemetry = new GatewayTelemetry(metrics, connections, clock);
        this.token = JoinToken.read(joinTokenFile);
        this.disk =
                lifecycle.dataDir().isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                ProxyDisk.open(lifecycle.dataDir().get(), lifecycle.sealKey()));
        this.software = "hansa " + version();
        this.controlLoops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        closer.add(() ->
                controlLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly());
        this.transport = closer.add(new Transport(0));
        this.control = new ControlChannel(token, controlLoops);
        this.lifecycle = lifecycle;
        this.handOver = lifecycle.hotRestart() ? lifecycle.dataDir() : Optional.empty();
        this.doors = closer.add(new Doors(transport, handOver.isPresent()));
        try {
            this.predecessor =
                    handOver.isPresent()
                            ? HandOver.Predecessor.find(handOver.get())
                            : Optional.empty();
        } catch (IOException e) {
            closeQuietly(e);
            throw e;
        }
        this.presence = new Latest<>(predecessor.isPresent() ? Presence.STANDBY : Presence.SERVING);
    }

    /// The library looks for a file of settings in every jar that the thread's class loader has,
    /// and none of ours is there: the platform's loader has no jars to open.
    private static PrometheusMeterRegistry registry() {
        var thread = Thread.currentThread();
        var loader = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        } finally {
            thread.setContextClassLoader(loader);
        }
    }

    private void closeQuietly(IOException cause) {
        try {
            closer.close();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }

    /// Whether another process serves, whose place this one is to take.
    boolean takesOver() {
        return predecessor.isPresent();
    }

    /// The operators' port: at once, or when the process before gives it up.
    void openAdmin(AdminServer server, InetSocketAddress address) throws IOException {
        if (predecessor.isEmpty() && admin.isEmpty()) {
            // not a door that a drain closes: whoever asks is told of the drain
            admin =
                    Optional.of(
                            server.listen(doors, address, Admission.unlimited("admin", telemetry)));
        }
    }

    /// What is on disk is good enough when nobody else serves. The process before has newer routes
    /// than that, and its end must not be the first that the server hears of a change: so whoever
    /// takes over has the server's word first, unless the server is away.
    void awaitServer(RouteSubscription routes) throws InterruptedException {
        if (predecessor.isPresent()) {
            routes.awaitServer(SERVER_ANSWERS);
        }
    }

    /// Opens everything, by `open`, and serves from then on, in place of the process before if
    /// there is one.
    ///
    /// @param stop tells this process to stop when another takes its place
    void serve(AdminServer server, InetSocketAddress address, Opening open, Runnable stop)
            throws IOException {
        var before = predecessor;
        predecessor = Optional.empty();
        try {
            if (before.isPresent()) {
                telemetry.accept(new GatewayEvent.TookOver(before.get().passTo(doors)));
            }
            open.run();
            // after what callers wait for
            openAdmin(server, address);
            // whatever may fail has been done when the process before is let go
            var offer = offer(stop);
            serving = true;
            presence.set(Presence.SERVING);
            if (before.isPresent()) {
                before.get().succeed(doors);
            }
            offer.ifPresent(this::announce);
        } finally {
            before.ifPresent(HandOver.Predecessor::close);
        }
    }

    private Optional<HandOver> offer(Runnable stop) throws IOException {
        return handOver.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        closer.add(
                                HandOver.offer(
                                        handOver.get(),
                                        doors,
                                        () -> {
                                            presence.set(Presence.SUCCEEDED);
                                            doors.close();
                                            stop.run();
                                        })));
    }

    private void announce(HandOver offer) {
        try {
            offer.announce();
        } catch (IOException e) {
            telemetry.accept(
                    new GatewayEvent.BackgroundFailure("offering the sockets to a successor", e));
        }
    }

    @FunctionalInterface
    interface Opening {
        void run() throws IOException;
    }

    /// `starting`, `passing` or `draining`: only the second takes new connections for long.
    String status() {
        return switch (presence.get()) {
            case STANDBY -> "starting";
            case SERVING -> serving ? "passing" : "starting";
            case LEAVING, SUCCEEDED -> "draining";
        };
    }

    private static String version() {
        var version = Proxy.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /// Takes no more connections, and lets those that stand come to their end, for a time.
    ///
    /// @param open how many stand
    void drain(IntSupplier open) {
        var began = System.nanoTime();
        var succeeded = presence.get() == Presence.SUCCEEDED;
        if (!succeeded) {
            presence.set(Presence.LEAVING);
        }
        telemetry.accept(
                new GatewayEvent.DrainBegan(
                        succeeded ? "another process has taken over" : "told to stop",
                        open.getAsInt(),
                        lifecycle.drainTimeout()));
        try {
            if (succeeded) {
                // the server must hear of the successor before it hears of our end
                TimeUnit.NANOSECONDS.sleep(SUCCESSOR_KNOWN.toNanos());
            } else if (serving) {
                TimeUnit.NANOSECONDS.sleep(lifecycle.drainGrace().toNanos());
                doors.closeAllBut(admin);
            }
            var deadline = System.nanoTime() + lifecycle.drainTimeout().toNanos();
            while (open.getAsInt() > 0 && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // before a successor that waits is told that there is nothing to wait for
        doors.close();
        telemetry.accept(
                new GatewayEvent.DrainEnded(
                        open.getAsInt(), Duration.ofNanos(System.nanoTime() - began)));
    }
}
