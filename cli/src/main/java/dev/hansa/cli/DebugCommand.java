package dev.hansa.cli;

import dev.hansa.peering.configentry.GoDuration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa debug`: how a server is over a while, in one file for whoever looks for a fault.
@Command(
        name = "debug",
        description = {
            "Capture how a server is over a while, in an archive that is its owner's alone.",
            "No token is in it. Ctrl-C ends it early, and keeps what there is.",
            "Exit status: 0 all was captured, 1 something was not: it says what."
        },
        footer = "  hansa debug -duration 1m -interval 15s -admin-addr http://127.0.0.1:19500")
final class DebugCommand extends ClientCommand {
    /// Longer, and somebody has forgotten it.
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final Duration SHORTEST = Duration.ofSeconds(1);

    /// Long before a disk or whoever is sent it has had enough.
    private static final long MAX_BYTES = 512L << 20;

    /// Three bytes for each character at most, and the index.
    private static final long LOG_BYTES = 3L * LogCapture.MAX_CHARACTERS + (1 << 20);

    /// Twice as long as a server holds a request while no leader is known; nothing that is asked
    /// waits for anything else.
    private static final Duration ANSWER = Duration.ofSeconds(15);

    /// For what was asked just before the end.
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final String SELF = "/v1/agent/self";

    private static final String METRICS = "/metrics";

    /// What a person takes for moving.
    private static final Duration STEP = Duration.ofMillis(200);

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /// Two rounds may begin within a second.
    private static final DateTimeFormatter ROUND =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    /// Before compression, without the log.
    private final long maxBytes;

    enum Part {
        agent,
        members,
        health,
        metrics,
        logs
    }

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            description = "For how long, 1s to 1h (default: 2m).")
    private String duration = "2m";

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            description = "How often within it, from 1s on (default: 30s).")
    private String interval = "30s";

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Where to (default: hansa-debug-TIME.tar.gz in this folder).")
    private @Nullable Path output;

    @Option(
            names = "--capture",
            paramLabel = "agent|members|health|metrics|logs",
            description = "Only this; may be repeated (default: all).")
    private List<Part> parts = List.of(Part.values());

    @Option(
            names = "--admin-addr",
            paramLabel = "URL",
            description =
                    "The server's admin port, for its metrics (default: port 19500 of the server's address).")
    private @Nullable String admin;

    @Option(
            names = "--log-level",
            paramLabel = "trace|debug|info|warn|error",
            converter = LogLevel.Converter.class,
            description = "Of what is logged meanwhile (default: info).")
    private LogLevel level = LogLevel.info;

    DebugCommand(Surroundings surroundings) {
        this(surroundings, MAX_BYTES - LOG_BYTES);
    }

    /// @param maxBytes before compression, without the log
    DebugCommand(Surroundings surroundings, long maxBytes) {
        super(surroundings);
        this.maxBytes = maxBytes;
    }

    /// A part that is asked for, and where it goes.
    ///
    /// @param path at the API, or at the admin port
    private record Question(Part part, String path, String file, boolean isRepeated) {
        /// Of this very server, also while none leads, where it knows an answer itself.
        String asked() {
            return path + "?stale";
        }
    }

    private static final List<Question> QUESTIONS =
            List.of(
                    new Question(Part.agent, SELF, "agent.json", false),
                    new Question(Part.agent, "/v1/agent/version", "version.json", false),
                    new Question(Part.members, "/v1/agent/members", "members.json", false),
                    new Question(
                            Part.members, "/v1/operator/raft/configuration", "raft.json", true),
                    new Question(Part.health, "/v1/operator/autopilot/health", "health.json", true),
                    new Question(Part.health, "/v1/peerings", "peerings.json", true),
                    new Question(Part.health, "/v1/hansa/ca", "ca.json", false),
                    new Question(
                            Part.health,
                            "/v1/hansa/failover/readiness",
                            "failover-readiness.json",
                            true));

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        var lasts = duration("--duration", duration);
        var every = duration("--interval", interval);
        if (every.compareTo(lasts) > 0) {
            throw usage(
                    "--interval: expected at most the duration, "
                            + duration
                            + "; found "
                            + interval);
        }
        var name = "hansa-debug-" + STAMP.format(Instant.now());
        var target = output == null ? Path.of(name + ".tar.gz") : output;
        refuseExisting(target);
        var metrics = adminPort(api);
        refuseNobody(api, metrics);
        try (var early = new EarlyEnd();
                var file = OwnerFile.at("capture", target)) {
            Capture capture;
            try (var tar = new Tar(file.open())) {
                capture = new Capture(api, metrics, tar, name, early);
                capture.all(lasts, every);
            } catch (IOException e) {
                throw OwnerFile.unwritten("capture", target, e);
            }
            file.finish();
            out.println("Saved: " + target);
            capture.failures.forEach((what, why) -> note("not captured: " + what + ": " + why));
            endWith(capture.failures.isEmpty() ? 0 : 1);
        }
    }

    private static void refuseExisting(Path target) throws CommandFailedException {
        if (Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new CommandFailedException(
                    "capture: expected no file yet at '"
                            + PlainText.of(target.toString())
                            + "'; found one (name another by --output)");
        }
    }

    /// Where nothing answers at all there is nothing to capture; one that answers with an error is
    /// what this is for.
    private static void refuseNobody(ApiClient api, ApiClient metrics)
            throws CommandFailedException, InterruptedException {
        var nobody = nobody(api, SELF);
        if (nobody.isPresent() && nobody(metrics, METRICS).isPresent()) {
            throw nobody.get();
        }
    }

    private static Optional<ServerUnreachableException> nobody(ApiClient at, String path)
            throws InterruptedException {
        try {
            at.within(ANSWER).read(path);
        } catch (ServerUnreachableException e) {
            return Optional.of(e);
        } catch (CommandFailedException _) {
            // an answer
        }
        return Optional.empty();
    }

    private Duration duration(String flag, String text) {
        try {
            var found = GoDuration.parse(text);
            if (found.compareTo(SHORTEST) >= 0 && found.compareTo(LONGEST) <= 0) {
                return found;
            }
        } catch (IllegalArgumentException _) {
            // said below
        }
        throw usage(
                flag
                        + ": expected a duration from 1s to 1h, such as 30s; found '"
                        + PlainText.of(text)
                        + "'");
    }

    /// With no token: it asks for none, and may be somebody else's.
    private ApiClient adminPort(ApiClient api) throws CommandFailedException {
        return client(
                ApiAccess.at(
                        admin == null ? "http://" + api.address().getHost() + ":19500" : admin));
    }

    /// One run.
    private final class Capture {
        private final ApiClient api;
        private final ApiClient metrics;
        private final Tar tar;
        private final EarlyEnd early;
        private final String folder;
        private final Instant began = Instant.now();

        /// By what was asked: each once, however often it fails.
        private final TreeMap<String, String> failures = new TreeMap<>();

        /// Of [System#nanoTime]; no answer is waited for after it.
        private long last;

        private boolean isFull;

        Capture(ApiClient api, ApiClient metrics, Tar tar, String folder, EarlyEnd early) {
            this.api = api;
            this.metrics = metrics;
            this.tar = tar;
            this.folder = folder;
            this.early = early;
        }

        void all(Duration lasts, Duration every)
                throws CommandFailedException, InterruptedException, IOException {
            var end = System.nanoTime() + lasts.toNanos();
            last = end + GRACE.toNanos();
            try (var log = LogCapture.start(api.within(ANSWER), level, parts.contains(Part.logs));
                    var progress = new Progress(surroundings(), "capturing")) {
                for (var question : QUESTIONS) {
                    if (!question.isRepeated() && parts.contains(question.part())) {
                        take(question, folder);
                    }
                }
                var next = System.nanoTime();
                while (next < end && !isOver()) {
                    round();
                    // one that has taken longer is not made up for
                    next = Math.max(next + every.toNanos(), System.nanoTime());
                    await(Math.min(next, end), end, lasts, progress);
                }
                if (early.isAsked()) {
                    failures.put(
                            "the rest",
                            "expected " + GoDuration.format(lasts) + "; found it interrupted");
                }
                if (parts.contains(Part.logs)) {
                    put("hansa.log", log.finish(failures));
                }
            }
            put("index.json", index(lasts, every));
        }

        private boolean isOver() {
            return isFull || early.isAsked();
        }

        private void round() throws InterruptedException, IOException {
            var at = folder + "/" + ROUND.format(Instant.now());
            for (var question : QUESTIONS) {
                if (question.isRepeated() && parts.contains(question.part())) {
                    take(question, at);
                }
            }
            if (parts.contains(Part.metrics)) {
                take(metrics, METRICS, METRICS, at + "/metrics.txt");
            }
        }

        private void take(Question question, String into) throws InterruptedException, IOException {
            take(api, question.path(), question.asked(), into + "/" + question.file());
        }

        private void take(ApiClient from, String path, String asked, String file)
                throws InterruptedException, IOException {
            if (isOver()) {
                return;
            }
            var left = Duration.ofNanos(last - System.nanoTime());
            if (!left.isPositive()) {
                failures.putIfAbsent(path, "expected time for it; found the duration over");
                return;
            }
            String text;
            try {
                var answer = from.within(left.compareTo(ANSWER) < 0 ? left : ANSWER).read(asked);
                if (!answer.found()) {
                    failures.put(path, "expected an answer; found none there");
                    return;
                }
                text = answer.body();
            } catch (CommandFailedException e) {
                failures.put(path, String.valueOf(e.getMessage()));
                return;
            }
            add(file, text);
        }

        private void add(String file, String text) throws IOException {
            var bytes = bytes(text);
            if (tar.bytes() + bytes.length > maxBytes) {
                isFull = true;
                failures.put(
                        "the rest",
                        "expected at most "
                                + maxBytes
                                + " bytes; found more (a shorter --duration, a longer --interval,"
                                + " or --capture for a part of it)");
                return;
            }
            tar.add(file, Instant.now(), bytes);
        }

        /// What has its room also where the rest was too much.
        private void put(String file, String text) throws IOException {
            tar.add(folder + "/" + file, Instant.now(), bytes(text));
        }

        /// Without whatever a server repeats of what it was asked with.
        private byte[] bytes(String text) {
            return api.withoutToken(text).getBytes(StandardCharsets.UTF_8);
        }

        private void await(long until, long end, Duration lasts, Progress progress)
                throws InterruptedException {
            for (var now = System.nanoTime(); now < until && !isOver(); now = System.nanoTime()) {
                var gone = lasts.toNanos() - (end - now);
                progress.at(
                        gone,
                        lasts.toNanos(),
                        Duration.ofNanos(gone).toSeconds() + " s of " + lasts.toSeconds() + " s");
                early.await(Duration.ofNanos(Math.min(STEP.toNanos(), until - now)));
            }
        }

        private String index(Duration lasts, Duration every) throws CommandFailedException {
            var json =
                    Json.object()
                            .put("Version", VersionCommand.text())
                            .put("Server", api.address().toString())
                            .put("Began", began.toString())
                            .put("Ended", Instant.now().toString())
                            .put("Duration", GoDuration.format(lasts))
                            .put("Interval", GoDuration.format(every));
            var captured = json.putArray("Capture");
            parts.forEach(part -> captured.add(part.name()));
            var failed = json.putObject("NotCaptured");
            failures.forEach(failed::put);
            return Json.pretty(json);
        }
    }
}
