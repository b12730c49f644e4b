package dev.hansa.cli;

import dev.hansa.peering.configentry.GoDuration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa debug`: how a server is over a while, in one file for whoever looks for a fault.
@Command(
        name = "debug",
        description = {
            "Capture how a server is over a while, in an archive that is its owner's alone.",
            "No token is in it. Exit status: 0 all was captured, 1 something was not: it says what."
        },
        footer = "  hansa debug -duration 1m -interval 15s -admin-addr http://127.0.0.1:19500")
final class DebugCommand extends ClientCommand {
    /// Longer, and somebody has forgotten it.
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final Duration SHORTEST = Duration.ofSeconds(1);

    /// Long before a disk or whoever is sent it has had enough.
    private static final long MAX_BYTES = 512L << 20;

    /// What a person takes for moving.
    private static final Duration STEP = Duration.ofMillis(200);

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

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
            description = "Of what is logged meanwhile (default: info).")
    private LogLevel level = LogLevel.info;

    DebugCommand(Surroundings surroundings) {
        super(surroundings);
    }

    /// A part that is asked for, and where it goes.
    ///
    /// @param path at the API, or at the admin port
    private record Question(Part part, String path, String file, boolean isRepeated) {}

    private static final List<Question> QUESTIONS =
            List.of(
                    new Question(Part.agent, "/v1/agent/self", "agent.json", false),
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
        // a server that is not there is no capture at all
        api.read("/v1/agent/version");
        try (var file = OwnerFile.at("capture", target)) {
            Capture capture;
            try (var tar = new Tar(file.open())) {
                capture = new Capture(api, tar, name);
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
        private final Tar tar;
        private final String folder;
        private final Instant began = Instant.now();

        /// By what was asked: each once, however often it fails.
        private final TreeMap<String, String> failures = new TreeMap<>();

        Capture(ApiClient api, Tar tar, String folder) {
            this.api = api;
            this.tar = tar;
            this.folder = folder;
        }

        void all(Duration lasts, Duration every)
                throws CommandFailedException, InterruptedException, IOException {
            var metrics = adminPort(api);
            var end = System.nanoTime() + lasts.toNanos();
            try (var log = LogCapture.start(api, level, parts.contains(Part.logs));
                    var progress = new Progress(surroundings(), "capturing")) {
                for (var question : QUESTIONS) {
                    if (!question.isRepeated() && parts.contains(question.part())) {
                        take(question, folder);
                    }
                }
                for (var next = System.nanoTime(); next < end; next += every.toNanos()) {
                    await(next, end, lasts, progress);
                    round(metrics);
                }
                await(end, end, lasts, progress);
                if (parts.contains(Part.logs)) {
                    add(folder + "/hansa.log", log.finish(failures));
                }
            }
            add(folder + "/index.json", index(lasts, every));
        }

        private void round(ApiClient metrics)
                throws CommandFailedException, InterruptedException, IOException {
            var at = folder + "/" + STAMP.format(Instant.now());
            for (var question : QUESTIONS) {
                if (question.isRepeated() && parts.contains(question.part())) {
                    take(question, at);
                }
            }
            if (parts.contains(Part.metrics)) {
                take(metrics, "/metrics", at + "/metrics.txt");
            }
        }

        private void take(Question question, String into)
                throws CommandFailedException, InterruptedException, IOException {
            take(api, question.path(), into + "/" + question.file());
        }

        private void take(ApiClient from, String path, String file)
                throws CommandFailedException, InterruptedException, IOException {
            String text;
            try {
                var answer = from.read(path);
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

        private void add(String file, String text) throws CommandFailedException, IOException {
            // whatever a server repeats of what it was asked with
            var bytes = api.withoutToken(text).getBytes(StandardCharsets.UTF_8);
            if (tar.bytes() + bytes.length > MAX_BYTES) {
                throw new CommandFailedException(
                        "capture: expected at most "
                                + (MAX_BYTES >> 20)
                                + " MiB; found more (a shorter --duration, a longer --interval, or"
                                + " --capture for a part of it)");
            }
            tar.add(file, Instant.now(), bytes);
        }

        private void await(long until, long end, Duration lasts, Progress progress)
                throws InterruptedException {
            for (var now = System.nanoTime(); now < until; now = System.nanoTime()) {
                var gone = lasts.toNanos() - (end - now);
                progress.at(
                        gone,
                        lasts.toNanos(),
                        Duration.ofNanos(gone).toSeconds() + " s of " + lasts.toSeconds() + " s");
                Thread.sleep(Duration.ofNanos(Math.min(STEP.toNanos(), until - now)));
            }
        }

        private String index(Duration lasts, Duration every) throws CommandFailedException {
            var json =
                    Json.MAPPER
                            .createObjectNode()
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
