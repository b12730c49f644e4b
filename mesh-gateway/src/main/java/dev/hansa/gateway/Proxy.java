package dev.hansa.gateway;

import dev.hansa.bootstrap.Closer;
import dev.hansa.failover.JoinToken;
import dev.hansa.gateway.discovery.ControlChannel;
import dev.hansa.gateway.telemetry.ConnectionLog;
import dev.hansa.gateway.telemetry.GatewayTelemetry;
import dev.hansa.gateway.wire.Transport;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// What a gateway and a sidecar have in common: sockets, the way to the server, telemetry, and how
/// they stop.
final class Proxy {
    final Closer closer = new Closer();
    final Transport transport;
    final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    final ConnectionLog connections = new ConnectionLog();
    final GatewayTelemetry telemetry;
    final JoinToken token;
    final ControlChannel control;
    final MultiThreadIoEventLoopGroup controlLoops;
    final Clock clock;
    final String software;

    /// @throws IOException naming the file when the join token cannot be read
    Proxy(Path joinTokenFile, Clock clock) throws IOException {
        this.clock = clock;
        this.telemetry = new GatewayTelemetry(metrics, connections, clock);
        this.token = token(joinTokenFile);
        this.software = "hansa " + version();
        this.controlLoops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        closer.add(() ->
                controlLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly());
        this.transport = closer.add(new Transport(0));
        this.control = new ControlChannel(token, controlLoops);
    }

    private static String version() {
        var version = Proxy.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private static JoinToken token(Path file) throws IOException {
        try {
            return JoinToken.decode(Files.readString(file));
        } catch (IOException e) {
            throw new IOException(
                    "join token file '"
                            + file
                            + "': expected a readable file; found "
                            + e.getClass().getSimpleName(),
                    e);
        } catch (IllegalArgumentException e) {
            throw new IOException("join token file '" + file + "': " + e.getMessage(), e);
        }
    }

    /// Waits until no connection is open, at most `limit`.
    static void drain(IntSupplier open, Duration limit) {
        var deadline = System.nanoTime() + limit.toNanos();
        try {
            while (open.getAsInt() > 0 && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
