package dev.hansa.benchmarks.failover;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How long callers go without an answer when something dies, and what fails of it.
/// docs/BENCHMARKS.md says what each figure means.
@Command(
        name = "failover",
        description =
                "Datacenters under load, and what dies in them: failed requests, first answer.",
        mixinStandardHelpOptions = true)
public final class FailoverBenchmark implements Callable<Integer> {
    private static final int RATE = 500;

    /// Four cores carry it beside all the processes that they run here; what one of fewer does.
    private static final int ENOUGH_CORES = 4;

    private static final int RATE_OF_A_CORE = 50;

    /// CI's machines are small and busy, and what fails of that says nothing.
    private static final int QUICK_RATE = 20;

    @Option(names = "--json", description = "Write the figures to this file too.")
    private Path json = Path.of("");

    @Option(
            names = "--quick",
            description = "One run of kill, drop, freeze-app and critical: does it work at all?")
    private boolean quick;

    @Option(names = "--full", description = "30 runs of every case.")
    private boolean full;

    @Option(
            names = "--cases",
            split = ",",
            paramLabel = "NAME",
            description =
                    "Only these: kill, deregister, drop, freeze-app, critical, gateway-dies, local-3, moved, datacenter-dies,"
                            + " each also with -no-control-plane; dead-ends, crowd, importer.")
    private List<String> cases = Plan.words();

    @Option(names = "--runs", description = "So many runs of each case.", defaultValue = "0")
    private int runs;

    @Option(
            names = "--rate",
            description =
                    "Requests a second (default: 500, fewer on fewer than 4 cores and with --quick).",
            defaultValue = "0")
    private int rate;

    @Option(
            names = "--delay",
            description = "Milliseconds each way between datacenters (default: ${DEFAULT-VALUE}).",
            defaultValue = "20")
    private int delay;

    @Option(
            names = "--network",
            description = "The first two parts of the addresses (default: ${DEFAULT-VALUE}).",
            defaultValue = "10.98")
    private String network = "";

    @Option(names = "--loopback", description = "Without network namespaces, also where root is.")
    private boolean loopback;

    @Option(names = "--no-envoy", description = "Without the runs against Envoy.")
    private boolean noEnvoy;

    @Option(
            names = "--check-interval",
            description =
                    "How often sidecars ask their application (default: the product's ${DEFAULT-VALUE}).",
            defaultValue = "1s")
    private String checkInterval = "";

    @Option(
            names = "--check-timeout",
            description = "How long its answer may take (default: the product's ${DEFAULT-VALUE}).",
            defaultValue = "1s")
    private String checkTimeout = "";

    @Option(
            names = "--connections-ahead",
            description =
                    "Connections that gateways keep open to each gateway of a peer (default: the product's ${DEFAULT-VALUE}; 0: none).",
            defaultValue = "8")
    private int connectionsAhead;

    @Option(names = "--checkout", description = "The checkout to measure.", defaultValue = ".")
    private Path checkout = Path.of(".");

    @Spec private @Nullable CommandSpec spec;

    private final Map<String, @Nullable Object> figures = new LinkedHashMap<>();
    private final List<Tally> tallies = new ArrayList<>();

    /// What did not work, with the reason.
    private final List<String> broken = new ArrayList<>();

    /// What could not be done here, with the reason.
    private final List<String> skipped = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        var unknown = cases.stream().filter(word -> !Plan.words().contains(word)).toList();
        if (!unknown.isEmpty() && spec != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--cases: expected some of " + Plan.words() + "; found " + unknown);
        }
        var plan = quick ? Plan.quick() : Plan.of(cases, full, runs);
        try (var _ = alone()) {
            var folder = Files.createTempDirectory("hansa-failover");
            try {
                run(plan, new Programs(checkout.toAbsolutePath().normalize(), folder));
            } catch (Exception e) {
                figures.put("error", String.valueOf(e.getMessage()));
                say("failed; the processes' logs are in " + folder);
                write();
                throw e;
            }
            write();
            delete(folder);
        }
        return judge();
    }

    /// Two at once would take away each other's namespaces, and measure each other.
    private static FileChannel alone() throws IOException {
        var file = Path.of(System.getProperty("java.io.tmpdir"), "hansa-failover.lock");
        var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException(
                    "expected no other failover benchmark on this machine; found one that holds '"
                            + file
                            + "'");
        }
        return channel;
    }

    /// Whatever the figures are, a case that did not fail over, or not back, is a defect.
    private int judge() {
        var lacking =
                tallies.stream()
                        .filter(one -> one.against().equals("hansa"))
                        .flatMap(one ->
                                one.lack().stream()
                                        .map(what ->
                                                one.name()
                                                        + " "
                                                        + one.client().word()
                                                        + ": "
                                                        + what))
                        .toList();
        lacking.forEach(FailoverBenchmark::say);
        broken.forEach(FailoverBenchmark::say);
        return lacking.isEmpty() && broken.isEmpty() ? 0 : 1;
    }

    private void write() throws IOException {
        figures.put("skipped", skipped);
        figures.put("cases", tallies.stream().map(Tally::figures).toList());
        figures.put(
                "against_envoy", Comparison.of(tallies).stream().map(Comparison::figures).toList());
        var mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        if (json.toString().isEmpty()) {
            System.out.println(mapper.writeValueAsString(figures));
        } else {
            mapper.writeValue(json.toFile(), figures);
        }
        Summary.print(tallies, figures);
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            files.sorted((a, b) -> b.getNameCount() - a.getNameCount())
                    .forEach(file -> {
                        try {
                            Files.deleteIfExists(file);
                        } catch (IOException e) {
                            say("cannot delete '" + file + "': " + e.getMessage());
                        }
                    });
        }
    }

    static void say(String text) {
        System.err.println("failover: " + text);
    }

    private void run(Plan plan, Programs programs) throws Exception {
        var cores = Runtime.getRuntime().availableProcessors();
        var usual = quick ? QUICK_RATE : cores < ENOUGH_CORES ? RATE_OF_A_CORE * cores : RATE;
        var perSecond = rate > 0 ? rate : usual;
        figures.put("command", command());
        figures.putAll(dev.hansa.benchmarks.Machine.facts(programs.checkout()));
        figures.put("requests_per_second", perSecond);
        figures.put("check_interval", checkInterval);
        figures.put("check_timeout", checkTimeout);
        figures.put("connections_ahead", connectionsAhead);
        say(perSecond + " requests a second on " + cores + " cores");
        try (var ground = ground(programs);
                programs) {
            // also when somebody has seen enough
            Runtime.getRuntime()
                    .addShutdownHook(
                            Thread.ofPlatform()
                                    .unstarted(() -> {
                                        programs.close();
                                        ground.close();
                                    }));
            figures.put("network", ground.description());
            figures.put("delay_each_way_ms", ground.delayMillis());
            figures.put("drop_by", ground.cuts() ? "iptables DROP" : "SIGSTOP");
            say("the datacenters are on " + ground.description());
            if (ground.delayMillis() != delay) {
                skip("the delay of " + delay + " ms between datacenters: " + ground.description());
            }
            if (!ground.cuts()) {
                skip("packets that are dropped: machines are frozen instead");
            }
            var envoys =
                    plan.needsEnvoy() ? envoys(ground, programs) : Optional.<EnvoyWorld>empty();
            var checks = new Checks(checkInterval, checkTimeout);
            try (var world =
                    new HansaWorld(
                            ground,
                            programs,
                            checks,
                            connectionsAhead,
                            plan.needsThirdDatacenter())) {
                world.start();
                say("the datacenters are up");
                new HansaCases(world).warmUp();
                say("they are warm");
                measure(plan, world, envoys, perSecond);
            } finally {
                envoys.ifPresent(EnvoyWorld::close);
            }
        }
    }

    private void skip(String what) {
        skipped.add(what);
        say("left out: " + what);
    }

    /// What was asked for, without what `./benchmarks/run` adds to it.
    private String command() {
        var words = new ArrayList<String>();
        if (spec != null) {
            words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        }
        var added = words.lastIndexOf("--checkout");
        return "./benchmarks/run " + String.join(" ", added < 0 ? words : words.subList(0, added));
    }

    private Ground ground(Programs programs) throws InterruptedException {
        if (loopback) {
            return new Loopback("127.98", "--loopback");
        }
        try {
            return Namespaces.open(network, delay, programs);
        } catch (IOException | IllegalStateException e) {
            return new Loopback("127.98", String.valueOf(e.getMessage()));
        }
    }

    private Optional<EnvoyWorld> envoys(Ground ground, Programs programs)
            throws IOException, InterruptedException {
        figures.put("envoy", "none");
        if (noEnvoy) {
            skip("the runs against Envoy: --no-envoy");
            return Optional.empty();
        }
        try {
            var envoy = EnvoyProgram.find();
            var world = new EnvoyWorld(ground, programs, envoy);
            if (world.comesUp()) {
                figures.put("envoy", envoy.version());
                return Optional.of(world);
            }
            skip("the runs against Envoy: its processes did not come up");
        } catch (EnvoyProgram.NotThereException e) {
            skip("the runs against Envoy: " + e.getMessage());
        }
        return Optional.empty();
    }

    private void measure(Plan plan, HansaWorld world, Optional<EnvoyWorld> envoys, int perSecond)
            throws Exception {
        var withControlPlanes = plan.cases().stream().filter(Plan.Planned::withControlPlanes);
        for (var planned : withControlPlanes.toList()) {
            measure(planned, world, envoys, perSecond);
        }
        if (plan.crowd()) {
            crowd(world);
        }
        if (plan.deadEnds()) {
            figures.put("dead_ends", new DeadEnds(world).measure());
        }
        if (plan.importer()) {
            figures.put("importer_knows_ms", new Importer(world).measure());
        }
        var without =
                plan.cases().stream().filter(planned -> !planned.withControlPlanes()).toList();
        if (!without.isEmpty()) {
            world.killControlPlanes();
            say("the control planes are dead");
            for (var planned : without) {
                measure(planned, world, Optional.empty(), perSecond);
            }
        }
    }

    /// Takes more of a machine than all else: where it does not come up, the others still do.
    private void crowd(HansaWorld world) throws Exception {
        try {
            figures.put("crowd", new Crowd(world).measure());
        } catch (IllegalStateException e) {
            broken.add("crowd: " + e.getMessage());
            figures.put("crowd", "none: " + e.getMessage());
        }
    }

    /// All runs of a case; those against Envoy come between ours, so that both meet the same
    /// machine.
    private void measure(
            Plan.Planned planned, HansaWorld world, Optional<EnvoyWorld> envoys, int perSecond)
            throws IOException, InterruptedException {
        var ours = tallies("hansa", planned);
        var theirs =
                planned.envoyRuns() > 0 && envoys.isPresent()
                        ? tallies("envoy", planned)
                        : List.<Tally>of();
        var callees = world.callees(planned.clients());
        Supplier<Load> loads = () -> new Load(callees, world.ground().sources(), perSecond);
        for (var run = 1; run <= planned.runs(); run++) {
            var connect = OptionalDouble.of(world.connectMillis());
            var episodes = new ArrayList<Episode>();
            for (var blow : new HansaCases(world).blows(planned.which())) {
                episodes.add(Episode.run(blow, loads));
            }
            ours.forEach(one -> one.add(episodes, connect));
            world.awaitWhole();
            say(progress(planned, run, ours));
            if (envoys.isPresent() && planned.isFollowedByEnvoy(run)) {
                var seen = envoys.get().run(planned.which(), perSecond);
                theirs.forEach(one -> one.add(List.of(seen), connect));
                say(progress(planned, run, theirs));
            }
        }
    }

    private List<Tally> tallies(String against, Plan.Planned planned) {
        var made =
                planned.clients().stream()
                        .map(client -> new Tally(planned.name(), against, client))
                        .toList();
        tallies.addAll(made);
        return made;
    }

    private static String progress(Plan.Planned planned, int run, List<Tally> seen) {
        return planned.name()
                + " "
                + run
                + "/"
                + planned.runs()
                + " "
                + String.join(", ", seen.stream().map(Tally::shortly).toList());
    }
}
