package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.history.Happening;
import java.io.IOException;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventsCommandTest {
    private static final String NOW = "GET /v1/hansa/history?index=0&wait=30s";

    private static final String EVENTS =
            """
            {"Since":"2026-01-01T00:00:00Z","Events":[
             {"Index":3,"At":"2026-01-01T12:00:02Z","Kind":"failover","About":"echo","Sentence":"over to echo.peer.lke"},
             {"Index":2,"At":"2026-01-01T12:00:01Z","Kind":"health","About":"echo","Sentence":"critical\\u001b[2J"},
             {"Index":1,"At":"2026-01-01T12:00:00Z","Kind":"peering","About":"lke","Sentence":"stream opened by us"}]}
            """;

    private TestingServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void eventsAreLinesTheOldestFirst() {
        server.on(NOW, 200, EVENTS);

        assertThat(Ran.hansa(server, "events"))
                .isEqualTo(
                        new Ran(
                                0,
                                """
                                2026-01-01T12:00:00Z peering lke: stream opened by us
                                2026-01-01T12:00:01Z health echo: critical?[2J
                                2026-01-01T12:00:02Z failover echo: over to echo.peer.lke
                                """,
                                ""));
    }

    @Test
    void onlyWhatIsAskedForIsPrinted() {
        server.on(NOW, 200, EVENTS);

        assertThat(Ran.hansa(server, "events", "--kind", "failover,peering").out().lines())
                .hasSize(2)
                .noneMatch(line -> line.contains("health"));
        assertThat(Ran.hansa(server, "events", "--about", "lke", "--format", "table").out().lines())
                .hasSize(2);
        assertThat(Ran.hansa(server, "events", "--about", "nobody").out())
                .isEqualTo("Nothing of it since 2026-01-01T00:00:00Z.\n");
        assertThat(Ran.hansa(server, "events", "--kind", "weather").status()).isEqualTo(2);
        assertThat(Ran.hansa(server, "events", "--follow", "--format", "table").status())
                .isEqualTo(2);
    }

    @Test
    void followingEndsWhenNobodyReads() {
        server.on(NOW, 200, EVENTS);

        assertThat(Ran.intoClosedPipe(server, "events", "--follow")).isEqualTo(new Ran(0, "", ""));
    }

    @Test
    void kindsAreTheServers() {
        assertThat(EventsCommand.Kind.values())
                .extracting(Enum::name)
                .containsExactlyElementsOf(
                        Stream.of(Happening.Kind.values()).map(Happening.Kind::word).toList());
    }

    private static JsonNode list(String since, String... ats) throws CommandFailedException {
        var events = new StringJoiner(",");
        for (var i = ats.length; i > 0; i--) {
            events.add("{\"Index\":%d,\"At\":\"%s\"}".formatted(i, ats[i - 1]));
        }
        return Json.read("{\"Since\":\"%s\",\"Events\":[%s]}".formatted(since, events));
    }

    private static List<String> news(EventsCommand.Seen seen, JsonNode body) {
        return body.path("Events")
                .valueStream()
                .filter(event -> seen.isNews(body, event))
                .map(event -> event.path("At").asText())
                .toList();
    }

    @Test
    void eventIsToldOnceAlsoWhereAnotherServerLeadsByThen() throws Exception {
        var early = "2026-01-01T12:00:00Z";
        var late = "2026-01-01T12:00:00.5Z";
        var first = list("a", early, late);
        var seen = EventsCommand.Seen.NOTHING;
        assertThat(news(seen, first)).containsExactly(late, early);
        seen = seen.and(first);
        assertThat(news(seen, first)).isEmpty();

        assertThat(news(seen, list("a", early, late, late))).containsExactly(late);
        // whose numbers are others, whose list has what the first one's had, and whose clock is
        // behind
        var behind = "2026-01-01T11:59:57Z";
        var later = "2026-01-01T12:00:01Z";
        var second = list("b", late, behind, later);
        assertThat(news(seen, second)).containsExactly(later, behind);
        assertThat(news(seen.and(second), second)).isEmpty();
        assertThat(news(seen, list("b", "2026-01-01T11:00:00Z"))).isEmpty();
    }

    @Test
    void whatHappenedTooFastIsSaid() throws Exception {
        var at = "2026-01-01T12:00:00Z";
        var seen = EventsCommand.Seen.NOTHING.and(list("a", at, at));
        var all = IntStream.range(0, 300).mapToObj(_ -> at).toArray(String[]::new);
        var body = (ObjectNode) list("a", all);
        assertThat(seen.missed(body)).isZero();
        var events = (ArrayNode) body.path("Events");
        while (events.size() > 200) {
            events.remove(200);
        }

        // 3 to 100
        assertThat(seen.missed(body)).isEqualTo(98);
        assertThat(EventsCommand.Seen.NOTHING.missed(body)).isZero();
    }

    @Test
    void serverThatRefusesIsNotAskedAgain() {
        server.on(NOW, 200, EVENTS);
        server.then(NOW, 403, "Permission denied: token lacks permission");

        var ran = Ran.hansa(server, "events", "--follow");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out().lines()).hasSize(3);
        assertThat(ran.err()).contains("Permission denied").doesNotContain("asking again");
    }
}
