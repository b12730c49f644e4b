package dev.hansa.peering.checks;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.regex.Pattern;

/// Asks over TCP, HTTP and gRPC, at [AllowedAddresses] alone: what a check is answered is shown to
/// whoever reads it.
public final class Probes implements Probe {
    private static final Pattern CLASS =
            Pattern.compile("(?:[\\w$]+\\.)+[\\w$]*(?:Exception|Error)(?:: )?");

    private final AllowedAddresses addresses;
    private final HttpProbe http;
    private final GrpcProbe grpc;

    Probes(Vertx vertx) {
        this(vertx, CheckNetworks.DEFAULT);
    }

    Probes(Vertx vertx, CheckNetworks networks) {
        this(new AllowedAddresses(networks), new HttpProbe(vertx), new GrpcProbe(vertx));
    }

    /// For a process that has no other use for event loops: they end with these probes.
    public static Probe withLoopsOfItsOwn() {
        // a machine's own checks are few, and each waits more than it works
        var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        var probes = new Probes(vertx);
        return new Probe() {
            @Override
            public Verdict ask(Way way) throws InterruptedException {
                return probes.ask(way);
            }

            @Override
            public void close() {
                probes.close();
                vertx.close();
            }
        };
    }

    /// @param addresses closed with these probes, as are `http` and `grpc`
    Probes(AllowedAddresses addresses, HttpProbe http, GrpcProbe grpc) {
        this.addresses = addresses;
        this.http = http;
        this.grpc = grpc;
    }

    @Override
    public Verdict ask(Way way) throws InterruptedException {
        try {
            return switch (way.kind()) {
                case TTL -> Verdict.critical("expected a word of its owner; found none");
                case TCP -> tcp(way);
                case HTTP -> http(way);
                case GRPC -> grpc(way);
            };
        } catch (IOException | IllegalArgumentException | SecurityException e) {
            return Verdict.critical(
                    way.target()
                            + ": expected an answer within "
                            + millis(way.timeout())
                            + " ms; found "
                            + found(e));
        }
    }

    /// In words: what a class of ours is called says nothing to whoever reads a check's output.
    private static String found(Exception problem) {
        for (Throwable at = problem; at != null; at = at.getCause()) {
            var message = at.getMessage();
            var said = message == null ? "" : CLASS.matcher(message).replaceAll("").strip();
            if (!said.isEmpty()) {
                return ForeignText.shown(said, 300);
            }
        }
        return problem instanceof ConnectException ? "no connection" : "none";
    }

    private static long millis(Duration duration) {
        return Math.max(1, duration.toMillis());
    }

    private Verdict tcp(Way way) throws IOException, InterruptedException {
        var target = Endpoint.parse(way.target());
        var address = addresses.of(target.host(), way.timeout());
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address, target.port()),
                    (int) Math.min(Integer.MAX_VALUE, millis(way.timeout())));
        }
        return new Verdict(CheckStatus.PASSING, way.target() + " accepted a connection");
    }

    private Verdict http(Way way) throws IOException, InterruptedException {
        var url = URI.create(way.target());
        return http.ask(
                way,
                url,
                addresses.of(AllowedAddresses.host(url), way.timeout()),
                Duration.ofMillis(millis(way.timeout())));
    }

    private Verdict grpc(Way way) throws IOException, InterruptedException {
        var target = URI.create(way.target());
        return grpc.ask(
                way,
                target,
                addresses.of(AllowedAddresses.host(target), way.timeout()),
                Duration.ofMillis(millis(way.timeout())));
    }

    @Override
    public void close() {
        addresses.close();
        http.close();
        grpc.close();
    }
}
