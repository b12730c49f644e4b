package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// The rounds of a run, in which all proxies take turns.
///
/// @param folder for what the proxies write
/// @param pins words before the commands of proxy, backend and load; empty: nothing is pinned
public record Run(
        Path folder,
        Sizes sizes,
        List<Rival> rivals,
        InetSocketAddress backend,
        String name,
        Pins pins,
        Consumer<String> say) {
    private static final int CONNECTIONS_AT_ONCE = 64;
    private static final int STREAMS = 4;

    /// What a connection leaves to do for the proxy when its client has what it wanted.
    private static final long AFTERMATH_MILLIS = 100;

    /// A program that has just started still has things to do.
    private static final long REST_MILLIS = 1000;

    private static final long HOLD_MILLIS = 60_000;

    /// How large a run is.
    ///
    /// @param rounds of load
    /// @param starts of each, for its start and its memory
    /// @param warmUpMillis of each kind of load, before it counts
    /// @param millis of each kind of load in a round
    /// @param pings of a round
    /// @param idle how many connections stand, once for each number
    public record Sizes(
            int rounds, int starts, int warmUpMillis, int millis, int pings, List<Integer> idle) {}

    /// Words before a command, `taskset` and its cores.
    public record Pins(List<String> proxy, List<String> backend, List<String> load) {
        public static final Pins NONE = new Pins(List.of(), List.of(), List.of());

        /// Of load, backend and proxy, and one for everybody else.
        public static final int CORES = 4;

        /// @param isPinned whether there are so many
        public static Pins of(boolean isPinned) {
            return isPinned ? new Pins(core(0), core(1), core(2)) : NONE;
        }

        private static List<String> core(int number) {
            return List.of("taskset", "-c", Integer.toString(number));
        }
    }

    /// Starts each several times: how soon it takes connections, and how large it is then. The
    /// backend need not be there.
    void starts(Results results, Ready ready) throws IOException, InterruptedException {
        for (var round = 0; round < sizes.starts(); round++) {
            for (var rival : inTurn(round)) {
                try (var running = rival.start(folder, pins.proxy())) {
                    ready.await(rival);
                    TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
                    results.add(rival, "start_ms", running.millis(), 0);
                    results.add(rival, "rss_start_mb", running.residentBytes() / 1e6, 0);
                }
            }
        }
    }

    /// Something that a proxy has besides its listener.
    public interface Ready {
        void await(Rival rival) throws IOException, InterruptedException;
    }

    /// All of them under load in turns, then with connections that say nothing.
    void loads(Results results) throws IOException, InterruptedException {
        try (var _ =
                        Helper.start(
                                Backend.class,
                                pins.backend(),
                                backend.getAddress().getHostAddress(),
                                Integer.toString(backend.getPort()));
                var load = Helper.start(Load.class, pins.load(), name)) {
            var all = new ArrayList<Rival.Running>();
            try {
                for (var rival : rivals) {
                    all.add(rival.start(folder, pins.proxy()));
                }
                warmUp(load, all);
                for (var round = 0; round < sizes.rounds(); round++) {
                    round(load, all, round, results);
                    say.accept("round " + (round + 1) + " of " + sizes.rounds());
                }
            } finally {
                all.forEach(Rival.Running::close);
            }
            idle(load, results);
        }
    }

    private void warmUp(Helper load, List<Rival.Running> all) throws IOException {
        for (var running : all) {
            for (var kind : Kind.values()) {
                kind.order(load, running.rival().address(), sizes.warmUpMillis());
            }
            load.order(latency(running.rival().address(), sizes.pings()));
        }
    }

    /// A kind of load and what one unit of it is.
    private enum Kind {
        CONNECTIONS("connections", CONNECTIONS_AT_ONCE, 1e6),
        REQUESTS("requests", CONNECTIONS_AT_ONCE, 1e6),
        BULK("bulk", STREAMS, 1e9);

        private final String metric;
        private final int atOnce;
        private final double scale;

        Kind(String metric, int atOnce, double scale) {
            this.metric = metric;
            this.atOnce = atOnce;
            this.scale = scale;
        }

        long[] order(Helper load, InetSocketAddress to, int millis) throws IOException {
            return load.order(words(name(), to, atOnce) + " " + millis);
        }
    }

    private static String words(String order, InetSocketAddress to, int count) {
        return order + " " + to.getAddress().getHostAddress() + " " + to.getPort() + " " + count;
    }

    private static String latency(InetSocketAddress to, int pings) {
        return words("LATENCY", to, pings) + " 0";
    }

    private void round(Helper load, List<Rival.Running> all, int round, Results results)
            throws IOException, InterruptedException {
        for (var kind : Kind.values()) {
            for (var running : inTurn(all, round)) {
                var before = running.processorSeconds();
                var done = kind.order(load, running.rival().address(), sizes.millis());
                TimeUnit.MILLISECONDS.sleep(AFTERMATH_MILLIS);
                var spent = running.processorSeconds() - before;
                var units = Math.max(1, done[0]);
                results.add(running.rival(), kind.metric, spent * kind.scale / units, done[1]);
            }
        }
        var direct = load.order(latency(backend, sizes.pings()));
        for (var running : inTurn(all, round)) {
            var through = load.order(latency(running.rival().address(), sizes.pings()));
            var rival = running.rival();
            results.add(rival, "added_p50_us", (through[0] - direct[0]) / 1e3, through[2]);
            results.add(rival, "added_p99_us", (through[1] - direct[1]) / 1e3, through[2]);
        }
    }

    private void idle(Helper load, Results results) throws IOException, InterruptedException {
        for (var round = 0; round < sizes.starts(); round++) {
            for (var rival : inTurn(round)) {
                try (var running = rival.start(folder, pins.proxy())) {
                    // the first connections bring classes and pools that stay
                    load.order(words("HOLD", rival.address(), 10) + " " + HOLD_MILLIS);
                    TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
                    var before = running.residentBytes();
                    var held = 0;
                    for (var wanted : sizes.idle()) {
                        var done =
                                load.order(
                                        words("HOLD", rival.address(), wanted - held)
                                                + " "
                                                + HOLD_MILLIS);
                        held = wanted;
                        TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
                        var each = (running.residentBytes() - before) / 1e3 / wanted;
                        results.add(rival, "idle_kb_per_connection", wanted, each, done[1]);
                    }
                    load.order("DROP");
                }
            }
        }
    }

    private List<Rival> inTurn(int round) {
        return inTurn(rivals, round);
    }

    /// So that none is always the first.
    public static <T> List<T> inTurn(List<T> all, int round) {
        var turned = new ArrayList<T>(all.size());
        for (var i = 0; i < all.size(); i++) {
            turned.add(all.get((i + round) % all.size()));
        }
        return turned;
    }

    /// Everything, into one set of results.
    ///
    /// @param ready awaits what Hansa has besides its listener
    /// @param betweenStartsAndLoads frees the backend's address
    public void run(BiConsumer<String, Object> figures, Ready ready, Runnable betweenStartsAndLoads)
            throws IOException, InterruptedException {
        var results = new Results();
        starts(results, ready);
        betweenStartsAndLoads.run();
        loads(results);
        figures.accept("results", results.rows());
        var ours = rivals.getFirst();
        figures.accept("ratios", results.ratios(ours, rivals.subList(1, rivals.size())));
    }
}
