package dev.hansa.cli;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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

    /// A list is up to 1,200 events, and whatever happens wakes whoever waits for it.
    private static final Duration GATHER = Duration.ofMillis(200);

    /// Clocks of servers differ. An event in it is told again rather than not at all.
    private static final Duration CLOCKS = Duration.ofSeconds(10);

    /// As many of a kind as a server keeps: with as many new ones there may have been more.
    private static final int KEPT_OF_A_KIND = 200;

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
            var missed = seen.missed(found.body());
            if (missed > 0) {
                surroundings().err().println(PlainText.line(missed(missed)));
                surroundings().err().flush();
            }
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
            // what happens together is read together
            Thread.sleep(GATHER);
            var next = next(api, found.index());
            if (next.index() <= found.index()) {
                // nothing has happened, or a server that does not wait
                Thread.sleep(PAUSE);
            }
            found = next;
        }
    }

    private static String missed(long count) {
        return "hansa: "
                + count
                + " events or fewer happened too fast to be told; the server's log has them";
    }

    /// A server that is being elected, or started anew, is waited for; one that refuses is not.
    private ApiClient.Indexed next(ApiClient api, long index)
            throws CommandFailedException, InterruptedException {
        for (var attempt = 1; ; attempt++) {
            try {
                return api.changed(PATH, index);
            } catch (CommandFailedException e) {
                if (attempt == MOST_TRIES || isRefusal(e)) {
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

    /// As Consul's clients know them: no token is better for waiting.
    private static boolean isRefusal(CommandFailedException failure) {
        var words = String.valueOf(failure.getMessage());
        return words.contains("Permission denied") || words.contains("ACL not found");
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

    /// What has been told already. Each server counts for itself, has seen other things, and has a
    /// clock of its own: of another one what is later is news, and what is little earlier unless it
    /// was told.
    ///
    /// @param since names the server's list
    /// @param told of late, without their numbers
    record Seen(String since, long index, String at, Set<String> told) {
        static final Seen NOTHING = new Seen("", 0, "", Set.of());

        boolean isNews(JsonNode body, JsonNode event) {
            if (text(body, "Since").equals(since)) {
                return event.path("Index").asLong() > index;
            }
            return at.isEmpty()
                    || later(text(event, "At"), at, CLOCKS) && !told.contains(words(event));
        }

        /// How many have gone before they could be read, of the same server.
        long missed(JsonNode body) {
            if (!text(body, "Since").equals(since)) {
                return 0;
            }
            var news =
                    body.path("Events")
                            .valueStream()
                            .filter(event -> event.path("Index").asLong() > index)
                            .toList();
            var ofOneKind =
                    news.stream()
                            .collect(groupingBy(event -> text(event, "Kind"), counting()))
                            .values()
                            .stream()
                            .mapToLong(count -> count)
                            .max()
                            .orElse(0);
            return ofOneKind < KEPT_OF_A_KIND
                    ? 0
                    : news.getFirst().path("Index").asLong() - index - news.size();
        }

        Seen and(JsonNode body) {
            // the newest is the first
            var newest = body.path("Events").path(0);
            if (newest.isMissingNode()) {
                return new Seen(text(body, "Since"), 0, at, told);
            }
            var last =
                    at.isEmpty() || later(text(newest, "At"), at, Duration.ZERO)
                            ? text(newest, "At")
                            : at;
            var words = new LinkedHashSet<String>();
            // of two servers that lead in turn
            told.stream()
                    .filter(one -> later(one.split(" ", 2)[0], last, CLOCKS))
                    .forEach(words::add);
            body.path("Events")
                    .valueStream()
                    .filter(event -> later(text(event, "At"), last, CLOCKS))
                    .forEach(event -> words.add(words(event)));
            return new Seen(text(body, "Since"), newest.path("Index").asLong(), last, words);
        }

        private static String words(JsonNode event) {
            return text(event, "At")
                    + " "
                    + text(event, "Kind")
                    + text(event, "About")
                    + text(event, "Sentence");
        }

        private static boolean later(String one, String other, Duration margin) {
            try {
                return Instant.parse(one).isAfter(Instant.parse(other).minus(margin));
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
