package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa events`: what has happened of late, as the server that leads has seen it.
@Command(
        name = "events",
        description = {
            "Print what has happened of late: health, peerings, sidecars, failovers, config entries,"
                    + " servers.",
            "As the server that leads has seen it, the oldest first; the audit log is the record."
        },
        footer = "  hansa events --follow --kind failover")
final class EventsCommand extends ListCommand {
    static final String PATH = "/v1/hansa/history";

    /// An election and a start of all servers; whoever is away for longer is not coming back by
    /// itself.
    private static final int MOST_TRIES = 60;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /// As the server has them.
    enum Kind {
        health,
        peering,
        sidecar,
        failover,
        config,
        server
    }

    @Option(names = "--follow", description = "Go on with each one that comes.")
    private boolean follow;

    @Option(
            names = "--kind",
            split = ",",
            paramLabel = "health|peering|sidecar|failover|config|server",
            description = "Only these kinds, by commas (default: all).")
    private List<Kind> kinds = List.of();

    @Option(
            names = "--about",
            paramLabel = "NAME",
            description = "Only what is about this service, peer, server or entry (kind/name).")
    private String about = "";

    EventsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        if (follow && isTable()) {
            throw usage("expected --follow or --format table; found both");
        }
        var found = api.changed(PATH, 0);
        var all = oldestFirst(found.body());
        if (!follow) {
            var chosen = Json.array();
            all.stream().filter(this::isWanted).forEach(chosen::add);
            print(
                    out,
                    chosen,
                    table(chosen),
                    chosen.isEmpty()
                            ? "Nothing of it since " + text(found.body(), "Since") + ".\n"
                            : lines(chosen));
            return;
        }
        var seen = Seen.NOTHING;
        while (true) {
            for (var event : oldestFirst(found.body())) {
                if (seen.isNews(found.body(), event) && isWanted(event)) {
                    out.print(isPretty() ? line(event) : event + "\n");
                }
            }
            // whoever reads may have had enough; this flushes, too
            if (out.checkError()) {
                return;
            }
            seen = seen.and(found.body());
            found = next(api, found.index());
        }
    }

    /// A server that is being elected, or started anew, is waited for.
    private ApiClient.Indexed next(ApiClient api, long index)
            throws CommandFailedException, InterruptedException {
        for (var attempt = 1; ; attempt++) {
            try {
                return api.changed(PATH, index);
            } catch (CommandFailedException e) {
                if (attempt == MOST_TRIES) {
                    throw e;
                }
                if (attempt == 1) {
                    surroundings().err().println("hansa: " + e.getMessage() + "; asking again");
                    surroundings().err().flush();
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private boolean isWanted(JsonNode event) {
        return (kinds.isEmpty()
                        || kinds.stream().anyMatch(kind -> kind.name().equals(text(event, "Kind"))))
                && (about.isEmpty() || about.equals(text(event, "About")));
    }

    private static List<JsonNode> oldestFirst(JsonNode body) {
        var events = new ArrayList<JsonNode>();
        body.path("Events").forEach(events::add);
        return events.reversed();
    }

    /// What has been told already. Each server counts for itself, and has seen other things: of
    /// another one only what is later is news.
    ///
    /// @param since names the server's list
    record Seen(String since, long index, String at) {
        static final Seen NOTHING = new Seen("", 0, "");

        boolean isNews(JsonNode body, JsonNode event) {
            return text(body, "Since").equals(since)
                    ? event.path("Index").asLong() > index
                    : at.isEmpty() || later(text(event, "At"), at);
        }

        Seen and(JsonNode body) {
            // the newest is the first
            var newest = body.path("Events").path(0);
            return newest.isMissingNode()
                    ? new Seen(text(body, "Since"), 0, at)
                    : new Seen(
                            text(body, "Since"),
                            newest.path("Index").asLong(),
                            at.isEmpty() || later(text(newest, "At"), at)
                                    ? text(newest, "At")
                                    : at);
        }

        private static boolean later(String one, String other) {
            try {
                return Instant.parse(one).isAfter(Instant.parse(other));
            } catch (DateTimeParseException _) {
                // a server of tomorrow; rather told twice than not at all
                return true;
            }
        }
    }

    private static Columns table(JsonNode events) {
        var table = new Columns().heading("At", "Kind", "About", "Event");
        for (var event : events) {
            table.row(
                    text(event, "At"),
                    text(event, "Kind"),
                    text(event, "About"),
                    text(event, "Sentence"));
        }
        return table;
    }

    private static String lines(JsonNode events) {
        var lines = new StringBuilder();
        events.forEach(event -> lines.append(line(event)));
        return lines.toString();
    }

    private static String line(JsonNode event) {
        return PlainText.line(
                        text(event, "At")
                                + " "
                                + text(event, "Kind")
                                + " "
                                + text(event, "About")
                                + ": "
                                + text(event, "Sentence"))
                + "\n";
    }
}
