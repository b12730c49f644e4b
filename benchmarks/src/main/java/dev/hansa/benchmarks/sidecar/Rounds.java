package dev.hansa.benchmarks.sidecar;

import dev.hansa.benchmarks.gateway.Helper;
import dev.hansa.benchmarks.gateway.Peers;
import dev.hansa.benchmarks.gateway.Results;
import dev.hansa.benchmarks.gateway.Rival;
import dev.hansa.benchmarks.gateway.Run;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The rounds of a run, in which all proxies take turns.
///
/// @param all running, ours first
public record Rounds(
        Sizes sizes, List<Rival.Running> all, Helper load, Helper backend, Consumer<String> say) {
    /// What is compared, in the order in which it is shown.
    public static final List<String> METRICS =
            List.of("tls_full", "tls_resume", "tls_requests", "tls_bulk", "tls_originate");

    private static final int CONNECTIONS_AT_ONCE = 64;
    private static final int STREAMS = 4;
    private static final long READY_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_MILLIS = 50;

    /// What a connection leaves to do for a proxy when its client has what it wanted.
    private static final long AFTERMATH_MILLIS = 200;

    /// Hansa ends TLS a second after the client in the clear has ended, which it may have done with
    /// one direction only.
    private static final long PLAIN_AFTERMATH_MILLIS = 1500;

    /// How large a run is.
    ///
    /// @param warmUpMillis of each kind of load, before it counts
    /// @param millis of each kind of load in a round
    /// @param metrics which kinds of load there are; empty: all
    public record Sizes(int rounds, int warmUpMillis, int millis, List<String> metrics) {
        /// @throws IllegalArgumentException naming a metric that is none
        public Sizes {
            metrics = List.copyOf(metrics);
            var known = Arrays.stream(Load.values()).map(load -> load.metric).toList();
            for (var metric : metrics) {
                if (!known.contains(metric)) {
                    throw new IllegalArgumentException(
                            "expected one of " + known + "; found '" + metric + "'");
                }
            }
        }

        private List<Load> loads() {
            return Arrays.stream(Load.values())
                    .filter(load -> metrics.isEmpty() || metrics.contains(load.metric))
                    .toList();
        }
    }

    /// A kind of load, what one unit of it is, and what the backend has to be for it.
    private enum Load {
        FULL("tls_full", TlsLoad.Kind.FULL, 1e6, false),
        FULL_HYBRID("tls_full_hybrid", TlsLoad.Kind.HYBRID, 1e6, true),
        RESUME("tls_resume", TlsLoad.Kind.RESUME, 1e6, false),
        REQUESTS("tls_requests", TlsLoad.Kind.REQUESTS, 1e6, false),
        BULK("tls_bulk", TlsLoad.Kind.BULK, 1e9, false),
        ORIGINATE("tls_originate", TlsLoad.Kind.PLAIN, 1e6, false),
        ORIGINATE_HYBRID("tls_originate_hybrid", TlsLoad.Kind.PLAIN, 1e6, true);

        private final String metric;
        private final TlsLoad.Kind kind;
        private final double scale;
        private final boolean isHybrid;

        Load(String metric, TlsLoad.Kind kind, double scale, boolean isHybrid) {
            this.metric = metric;
            this.kind = kind;
            this.scale = scale;
            this.isHybrid = isHybrid;
        }

        private long aftermath() {
            return kind == TlsLoad.Kind.PLAIN ? PLAIN_AFTERMATH_MILLIS : AFTERMATH_MILLIS;
        }
    }

    /// The hybrid is Hansa's own matter, and it has no sessions to resume.
    private static boolean takes(Rival rival, Load kind) {
        return isOurs(rival) ? kind != Load.RESUME : !kind.isHybrid;
    }

    private static boolean isOurs(Rival rival) {
        return rival.name().equals("hansa");
    }

    /// All of them under each kind of load in turns.
    public Results run() throws IOException, InterruptedException {
        for (var running : all) {
            awaitAnswer(load, running.rival());
        }
        requireRefusal(TlsLoad.Kind.ANONYMOUS, "to refuse a caller without a certificate");
        for (var kind : sizes.loads()) {
            backend.order(manner(kind));
            for (var running : all) {
                if (takes(running.rival(), kind)) {
                    order(running.rival(), kind, sizes.warmUpMillis());
                }
            }
        }
        var results = new Results();
        for (var round = 0; round < sizes.rounds(); round++) {
            for (var kind : sizes.loads()) {
                backend.order(manner(kind));
                for (var running : Run.inTurn(all, round)) {
                    if (takes(running.rival(), kind)) {
                        measure(running, kind, results);
                    }
                }
            }
            say.accept("round " + (round + 1) + " of " + sizes.rounds());
        }
        for (var running : all) {
            if (isOurs(running.rival()) && sizes.loads().contains(Load.RESUME)) {
                results.addAbsent(
                        running.rival(),
                        "tls_resume",
                        "sidecars resume no sessions: a resumed one skips the certificate that it rests on");
            }
        }
        backend.order(TlsBackend.Manner.STRANGER.name());
        requireRefusal(TlsLoad.Kind.PLAIN, "to refuse a backend of another authority");
        return results;
    }

    private static String manner(Load kind) {
        return (kind == Load.ORIGINATE_HYBRID
                        ? TlsBackend.Manner.HYBRID
                        : TlsBackend.Manner.CLASSICAL)
                .name();
    }

    private void measure(Rival.Running running, Load kind, Results results)
            throws IOException, InterruptedException {
        var before = running.processorSeconds();
        var done = order(running.rival(), kind, sizes.millis());
        TimeUnit.MILLISECONDS.sleep(kind.aftermath());
        var spent = running.processorSeconds() - before;
        var units = Math.max(1, done[0]);
        results.add(running.rival(), kind.metric, spent * kind.scale / units, done[1]);
    }

    private long[] order(Rival rival, Load what, int millis) throws IOException {
        var atOnce = what == Load.BULK ? STREAMS : CONNECTIONS_AT_ONCE;
        return order(load, rival, what.kind, atOnce, millis);
    }

    private static long[] order(Helper load, Rival rival, TlsLoad.Kind kind, int count, int millis)
            throws IOException {
        var to = kind == TlsLoad.Kind.PLAIN ? plain(rival.address()) : rival.address();
        return load.order(TlsLoad.line(kind, to, count, millis));
    }

    /// Where a proxy takes what it is to carry by TLS.
    private static InetSocketAddress plain(InetSocketAddress address) {
        return new InetSocketAddress(address.getAddress(), address.getPort() + Peers.SECOND_PORT);
    }

    /// Waits until both of a proxy's ways are open.
    ///
    /// @throws IllegalStateException when they do not open in time
    public static void awaitAnswer(Helper load, Rival rival)
            throws IOException, InterruptedException {
        var until = System.nanoTime() + READY_NANOS;
        for (var kind : List.of(TlsLoad.Kind.FULL, TlsLoad.Kind.PLAIN)) {
            while (order(load, rival, kind, 1, 0)[0] == 0) {
                if (System.nanoTime() - until > 0) {
                    throw new IllegalStateException(
                            rival.key() + ": expected an answer to " + kind + "; found none");
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        }
    }

    /// That what is believed here can also not be believed: without it a run would measure nothing.
    private void requireRefusal(TlsLoad.Kind kind, String expected) throws IOException {
        for (var running : all) {
            var answered = order(load, running.rival(), kind, 3, 0)[0];
            if (answered != 0) {
                throw new IllegalStateException(
                        running.rival().key()
                                + ": expected "
                                + expected
                                + "; found "
                                + answered
                                + " answers");
            }
        }
    }
}
