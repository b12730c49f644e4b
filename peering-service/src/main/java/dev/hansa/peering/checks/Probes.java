package dev.hansa.peering.checks;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/// Asks over TCP, HTTP and gRPC. No target may be a link-local address or one that clouds have
/// besides: there they tell a machine its own secrets, and what a check is answered is shown to
/// whoever reads it.
final class Probes implements Probe {
    private static final Pattern CLASS =
            Pattern.compile("(?:[\\w$]+\\.)+[\\w$]*(?:Exception|Error)(?:: )?");

    /// Of AWS and of Google over IPv6, of Azure, of Alibaba; none is link-local.
    private static final Set<InetAddress> METADATA =
            Set.of(
                    InetAddress.ofLiteral("fd00:ec2::254"),
                    InetAddress.ofLiteral("fd20:ce::254"),
                    InetAddress.ofLiteral("168.63.129.16"),
                    InetAddress.ofLiteral("100.100.100.200"));

    /// 64:ff9b::/96, under which a gateway reaches the IPv4 address that follows.
    private static final byte[] NAT64 =
            Arrays.copyOf(InetAddress.ofLiteral("64:ff9b::").getAddress(), 12);

    /// As many as checks at once, so that a name server that hangs holds up none but those that ask
    /// it. Names are remembered, so that few wait here, and idle threads go.
    private final ExecutorService names =
            new ThreadPoolExecutor(
                    0,
                    CheckRounds.MOST_AT_ONCE,
                    30,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    Thread.ofPlatform().daemon().name("check-names-", 0).factory());

    private final Lookup lookup;
    private final HttpProbe http;
    private final GrpcProbe grpc;

    /// All addresses of a name.
    @FunctionalInterface
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    Probes(Vertx vertx) {
        this(InetAddress::getAllByName, new HttpProbe(vertx), new GrpcProbe(vertx));
    }

    /// @param http closed with these probes, as is `grpc`
    Probes(Lookup lookup, HttpProbe http, GrpcProbe grpc) {
        this.lookup = lookup;
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
        var address = allowed(target.host(), way.timeout());
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address, target.port()),
                    (int) Math.min(Integer.MAX_VALUE, millis(way.timeout())));
        }
        return new Verdict(CheckStatus.PASSING, way.target() + " accepted a connection");
    }

    /// Whoever asks connects to this address and looks the name up no more: a name may have another
    /// address a moment later.
    private InetAddress allowed(String host, Duration timeout)
            throws UnknownHostException, InterruptedException {
        var all = addresses(host, timeout);
        for (var address : all) {
            if (isOfACloud(address)) {
                throw unknown(
                        host, "a link-local address or a cloud's own, which checks do not ask");
            }
        }
        return all[0];
    }

    private static boolean isOfACloud(InetAddress address) throws UnknownHostException {
        var bytes = address.getAddress();
        return address.isLinkLocalAddress()
                || METADATA.contains(address)
                || bytes.length == 16
                        && Arrays.equals(NAT64, Arrays.copyOf(bytes, NAT64.length))
                        && isOfACloud(
                                InetAddress.getByAddress(
                                        Arrays.copyOfRange(bytes, NAT64.length, bytes.length)));
    }

    /// Looked up on threads of its own: a resolver that hangs would hold up the others, which all
    /// else runs on.
    private InetAddress[] addresses(String host, Duration timeout)
            throws UnknownHostException, InterruptedException {
        try {
            return new InetAddress[] {InetAddress.ofLiteral(host)};
        } catch (IllegalArgumentException _) {
            // a name
        }
        // throws when all are busy, which is no verdict: nothing is known of the target by that
        var asked = names.submit(() -> lookup.all(host));
        try {
            return asked.get(millis(timeout), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unknown(host, "no address for it");
        } catch (TimeoutException _) {
            throw unknown(host, "no answer to its name");
        } finally {
            asked.cancel(true);
        }
    }

    private static UnknownHostException unknown(String host, String found) {
        return new UnknownHostException(found + ": '" + ForeignText.shown(host) + "'");
    }

    /// Without the brackets of an IPv6 address.
    private static String host(URI url) {
        var host = url.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private Verdict http(Way way) throws IOException, InterruptedException {
        var url = URI.create(way.target());
        return http.ask(
                way,
                url,
                allowed(host(url), way.timeout()),
                Duration.ofMillis(millis(way.timeout())));
    }

    private Verdict grpc(Way way) throws IOException, InterruptedException {
        var target = URI.create(way.target());
        return grpc.ask(
                way,
                target,
                allowed(host(target), way.timeout()),
                Duration.ofMillis(millis(way.timeout())));
    }

    @Override
    public void close() {
        names.shutdownNow();
        http.close();
        grpc.close();
    }
}
