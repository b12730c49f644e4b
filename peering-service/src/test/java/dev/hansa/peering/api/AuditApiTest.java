package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.audit.AuditRecord;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreThrough;
import dev.hansa.peering.store.TestStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The audit log over real HTTP.
class AuditApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";
    private static final String ENTRY = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir Path folder;

    private static List<AuditRecord> records(ApiWorld world, String token, String query)
            throws Exception {
        var answer = world.sendAs(token, "GET", "/v1/hansa/audit" + query, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var all = new ArrayList<AuditRecord>();
        JSON.readTree(answer.body())
                .path("Records")
                .forEach(json -> all.add(AuditRecord.read(json)));
        return all;
    }

    // shows: GET /v1/hansa/audit
    // shows: GET /v1/hansa/audit/ends
    @Test
    void whatOperatorsDoIsListedTheNewestFirst() throws Exception {
        try (var world = new ApiWorld(folder)) {
            assertThat(world.put("/v1/config", ENTRY).body()).isEqualTo("true");
            world.put("/v1/config?cas=1", ENTRY.replace("}", ",\"ConnectTimeout\":\"1s\"}"));
            // it is recorded after it was answered
            awaitRecord(world, 2);
            world.send("DELETE", "/v1/config/service-resolver/web", "");

            assertThat(records(world, "", ""))
                    .extracting(
                            AuditRecord::number,
                            AuditRecord::who,
                            AuditRecord::from,
                            record -> record.act().what(),
                            record -> record.act().on())
                    .containsExactly(
                            tuple(
                                    3L,
                                    "operator",
                                    "127.0.0.1",
                                    "config-entry.delete",
                                    "service-resolver/web"),
                            tuple(
                                    2L,
                                    "operator",
                                    "127.0.0.1",
                                    "config-entry.write",
                                    "service-resolver/web"),
                            tuple(
                                    1L,
                                    "operator",
                                    "127.0.0.1",
                                    "config-entry.write",
                                    "service-resolver/web"));
            assertThat(records(world, "", "?before=3&limit=1"))
                    .extracting(record -> record.act().outcome(), record -> record.act().reason())
                    .containsExactly(tuple("refused", "stale"));
            assertThat(records(world, "", "?outcome=refused&class=refusal")).hasSize(1);
            assertThat(records(world, "", "?outcome=denied")).isEmpty();
            assertThat(records(world, "", "?until=2020-01-01T00:00:00Z")).isEmpty();
            assertThat(records(world, "", "?since=2020-01-01T00:00:00Z")).hasSize(3);
            assertThat(records(world, "", "?what=delete&on=web&who=operator")).hasSize(1);
            assertThat(records(world, "", "?who=nobody")).isEmpty();
            assertThat(records(world, "", "?stale")).hasSize(3);

            var page = JSON.readTree(world.get("/v1/hansa/audit?limit=1").body());
            assertThat(page.path("Next").asLong()).isEqualTo(3);
            assertThat(JSON.readTree(world.get("/v1/hansa/audit?before=2").body()).path("Next"))
                    .hasToString("0");
            var one = page.path("Records").get(0);
            assertThat(one.path("Sentence").asText()).isEqualTo("applied");
            assertThat(one.properties())
                    .extracting(Map.Entry::getKey)
                    .containsExactly(
                            "Form",
                            "Number",
                            "Index",
                            "Time",
                            "Who",
                            "From",
                            "What",
                            "On",
                            "Outcome",
                            "Reason",
                            "Detail",
                            "Untold",
                            "Class",
                            "Place",
                            "Link",
                            "Previous",
                            "Hash",
                            "Sentence");
            assertThat(one.path("Time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*\\.\\d{3}Z");
            var ends = JSON.readTree(world.get("/v1/hansa/audit/ends").body());
            assertThat(ends.path("Dropped").asLong()).isZero();
            var change = ends.path("Classes").path("change");
            assertThat(change.path("Anchor").path("Place").asLong()).isZero();
            assertThat(change.path("Head").path("Hash")).isEqualTo(one.path("Hash"));
            assertThat(ends.path("Head").path("Hash")).isEqualTo(one.path("Hash"));

            for (var bad : List.of("limit=0", "limit=1001", "limit=x", "before=0", "since=now")) {
                assertThat(world.get("/v1/hansa/audit?" + bad).statusCode()).isEqualTo(400);
            }
            assertThat(world.get("/v1/hansa/audit?limit=0").body())
                    .isEqualTo("limit: expected a number from 1 to 1000; found '0'");
        }
    }

    @Test
    void whoShowsATokenIsNamedByItsAccessorAndWhoIsDeniedIsToldOf() throws Exception {
        try (var world = new ApiWorld(folder, new AccessSettings(true, false))) {
            world.send("PUT", "/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}");
            var first = records(world, SECRET, "").getFirst();
            var accessor = first.act().on();
            assertThat(first.who()).isEqualTo("anonymous");
            assertThat(first.act().what()).isEqualTo("acl.bootstrap");

            world.sendAs(SECRET, "PUT", "/v1/config", ENTRY);
            assertThat(records(world, SECRET, "?limit=1").getFirst().who()).isEqualTo(accessor);

            assertThat(world.get("/v1/hansa/audit").statusCode()).isEqualTo(403);
            var denied = awaitRecord(world, 3);
            assertThat(List.of(denied.who(), denied.act().what(), denied.act().on()))
                    .containsExactly("anonymous", "request", "GET /v1/hansa/audit");
            assertThat(denied.sentence())
                    .startsWith("denied: Permission denied: anonymous token lacks permission");
            assertThat(world.sendAs("no-token", "PUT", "/v1/config", ENTRY).statusCode())
                    .isEqualTo(403);
            assertThat(awaitRecord(world, 4).who()).isEqualTo("unknown");
            assertThat(records(world, SECRET, "").toString()).doesNotContain(SECRET, "no-token");
        }
    }

    private static AuditRecord awaitRecord(ApiWorld world, long number) throws Exception {
        world.store.audit().head().await(head -> head.number() >= number, SOON);
        return world.store.audit().after(number - 1, 1).getFirst();
    }

    @Test
    void followerPassesOnWhereTheClientIs() throws Exception {
        try (var leader = new ApiWorld(folder.resolve("a"));
                var follower = new ApiWorld(folder.resolve("b"))) {
            follower.follow(leader);
            // it passes on what an older leader cannot read only where the log has begun
            follower.put("/v1/config", ENTRY);
            assertThat(records(leader, "", "").getFirst().from()).isEqualTo("server");
            follower.store.apply(
                    new StoreCommand.NoteAct("audit.begin", "log", AuditOutcome.APPLIED));
            follower.send("DELETE", "/v1/config/service-resolver/web", "");
            assertThat(records(leader, "", "").getFirst().from()).isEqualTo("127.0.0.1");
            assertThat(records(follower, "", "")).isEqualTo(records(leader, "", ""));
            assertThat(records(follower, "", "?stale")).hasSize(1);
        }
    }

    /// A thousand denials are no thousand writes.
    @Test
    void deniedRequestsAreRecordedAtAPaceAndCounted() throws Exception {
        var now = new AtomicLong();
        var entrance = new Author.Entrance("192.0.2.1", "GET /v1/x");
        try (var store = TestStore.open(folder);
                var notes = new AuditNotes(store, _ -> {}, now::get)) {
            for (var i = 0; i < 1_000; i++) {
                as("ada", entrance, () -> notes.denied("no"));
            }
            store.audit().head().await(head -> head.number() >= 10, SOON);
            // one's denials are not another's
            as("bob", entrance, () -> notes.denied("no"));
            store.audit().head().await(head -> head.number() >= 11, SOON);
            now.addAndGet(Duration.ofSeconds(6).toNanos());
            as("ada", entrance, () -> notes.denied("no"));
            store.audit().head().await(head -> head.number() >= 12, SOON);

            var all = store.audit().before(99, 99, AuditLog.Filter.ALL).records();
            assertThat(all).hasSize(12);
            assertThat(all.getFirst().sentence()).isEqualTo("denied: no (and 990 more before it)");
            assertThat(all.get(1).who()).isEqualTo("bob");
            assertThat(all.get(2).sentence()).isEqualTo("denied: no");
            assertThat(all.getFirst().from()).isEqualTo("192.0.2.1");
        }
    }

    private static void as(String who, Author.Entrance entrance, Runnable work) {
        Author.at(
                entrance,
                () ->
                        Author.as(
                                who,
                                () -> {
                                    work.run();
                                    return who;
                                }));
    }

    /// What nobody has changed is answered though nothing can be written, and the next record is
    /// written though the one before it could not be.
    @Test
    void answerWaitsForNoRecordAndTheWriterOutlivesWhatItCannotWrite() throws Exception {
        var entrance = new Author.Entrance("192.0.2.1", "GET /v1/x");
        var events = new LinkedBlockingQueue<PeeringEvent>();
        try (var store = TestStore.open(folder);
                var failing = new FailingOnce(store);
                var notes = new AuditNotes(failing, events::add, System::nanoTime)) {
            as("ada", entrance, () -> notes.stale("config-entry.write", "k/one"));
            as("ada", entrance, () -> notes.stale("config-entry.write", "k/two"));
            store.audit().head().await(head -> head.number() >= 1, SOON);
            assertThat(store.audit().after(0, 9))
                    .extracting(record -> record.act().on())
                    .containsExactly("k/two");
            assertThat(events.take()).isInstanceOf(PeeringEvent.BackgroundFailure.class);
        }
    }

    /// A store with a defect that shows once.
    private static final class FailingOnce extends StoreThrough {
        private boolean isOver;

        FailingOnce(Store store) {
            super(store);
        }

        @Override
        public StoreAnswer apply(StoreCommand command) {
            if (!isOver) {
                isOver = true;
                throw new IllegalStateException("a defect");
            }
            return super.apply(command);
        }

        @Override
        public void close() {
            isOver = true;
        }
    }
}
