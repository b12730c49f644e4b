package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Over a real store, with a clock that the test holds.
class CheckRoundsTest {
    private final AtomicLong nanos = new AtomicLong(-5);
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile Verdict verdict = new Verdict(CheckStatus.PASSING, "well");
    private RaftStore store;
    private CheckRounds rounds;

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        store = TestStore.open(folder.resolve("data"));
        rounds = rounds();
    }

    private CheckRounds rounds() {
        return new CheckRounds(
                store,
                _ -> {
                    asked.incrementAndGet();
                    return verdict;
                },
                nanos::get,
                events::add);
    }

    @AfterEach
    void close() throws Exception {
        rounds.close();
        store.close();
    }

    private static Way way(Kind kind, Duration deregisterAfter) {
        return new Way(
                kind,
                kind == Kind.TTL ? "" : "192.0.2.1:80",
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                HttpAsk.GET,
                Thresholds.FIRST,
                deregisterAfter);
    }

    private void register(Way way, CheckStatus status) {
        store.apply(
                new StoreCommand.PutRegistration(
                        TestStore.registered(
                                "server",
                                "web-1",
                                "web",
                                List.of(
                                        new HealthCheck(
                                                "c",
                                                "c",
                                                status,
                                                "as registered",
                                                way.kind().name().toLowerCase(Locale.ROOT),
                                                Optional.of(
                                                        new CheckDefinition(
                                                                "", false, Optional.of(way))))))));
    }

    private Optional<HealthCheck> check() {
        var record = store.now().registrations().get("server/web-1");
        return record == null ? Optional.empty() : record.check("c");
    }

    private CheckStatus status() {
        return check().orElseThrow().status();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        rounds.look();
    }

    private void node(String check, Duration deregisterAfter) {
        var way = way(Kind.TTL, deregisterAfter);
        store.apply(
                new StoreCommand.PutRegistration(
                        RegistrationRecord.node(
                                new NodeRecord(
                                        "", "server", "192.0.2.1", "eks", Map.of(), Map.of()),
                                List.of(
                                        new HealthCheck(
                                                check,
                                                check,
                                                CheckStatus.PASSING,
                                                "",
                                                "ttl",
                                                Optional.of(
                                                        new CheckDefinition(
                                                                "", true, Optional.of(way))))))));
    }

    /// Only by the check that says whether it is there.
    @Test
    void nodeThatIsSilentForLongIsForgottenWithAllThatIsThere() {
        register(way(Kind.TTL, Duration.ZERO), CheckStatus.PASSING);
        node("disk", Duration.ofSeconds(90));
        rounds.look();
        pass(Duration.ofSeconds(10));
        await().until(() -> status() == CheckStatus.CRITICAL);
        pass(Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1_000));
        assertThat(check()).isPresent();

        node(HealthCheck.NODE_ALIVE, Duration.ofSeconds(90));
        rounds.look();
        pass(Duration.ofSeconds(10));
        await().until(() ->
                Optional.ofNullable(store.now().registrations().get("server/"))
                        .flatMap(held -> held.check(HealthCheck.NODE_ALIVE))
                        .filter(held -> held.status() == CheckStatus.CRITICAL)
                        .isPresent());
        await().until(() -> {
            pass(Duration.ofSeconds(91));
            return store.now().registrations().isEmpty();
        });
    }

    @Test
    void checkWhoseOwnerIsSilentTurnsCritical() {
        register(way(Kind.TTL, Duration.ZERO), CheckStatus.PASSING);
        rounds.look();

        pass(Duration.ofMillis(9_999));
        assertThat(status()).isEqualTo(CheckStatus.PASSING);
        pass(Duration.ofMillis(1));

        await().until(() -> status() == CheckStatus.CRITICAL);
        assertThat(check().orElseThrow().output())
                .isEqualTo("its owner has said nothing for 10000 ms; before that: as registered");
        await().until(() -> !events.isEmpty());
        assertThat(events)
                .singleElement()
                .isInstanceOfSatisfying(
                        PeeringEvent.HealthChanged.class,
                        changed -> assertThat(changed.status()).isEqualTo("critical"));
    }

    @Test
    void ownerThatIsHeardHasItsTimeAnew() {
        register(way(Kind.TTL, Duration.ZERO), CheckStatus.PASSING);
        rounds.look();
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());

        rounds.heard("server", "web-1", "c");

        pass(Duration.ofSeconds(9));
        assertThat(status()).isEqualTo(CheckStatus.PASSING);
        pass(Duration.ofSeconds(1));
        await().until(() -> status() == CheckStatus.CRITICAL);
    }

    @Test
    void nextLeaderGoesOnFromWhatWasFoundAndGivesOwnersTheirTimeAnew() throws Exception {
        register(way(Kind.TTL, Duration.ZERO), CheckStatus.PASSING);
        rounds.look();
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        rounds.close();

        rounds = rounds();
        rounds.look();

        pass(Duration.ofSeconds(9));
        assertThat(status()).isEqualTo(CheckStatus.PASSING);
        pass(Duration.ofSeconds(1));
        await().until(() -> status() == CheckStatus.CRITICAL);
    }

    @Test
    void resultIsWrittenWhenItIsAnotherAndNotOtherwise() {
        register(way(Kind.TCP, Duration.ZERO), CheckStatus.CRITICAL);
        rounds.look();
        pass(Duration.ofSeconds(10));
        await().until(() -> status() == CheckStatus.PASSING);
        var index = store.now().index();

        for (var round = 2; round < 6; round++) {
            var before = asked.get();
            // another output alone is no news
            verdict = new Verdict(CheckStatus.PASSING, "well, round " + round);
            await().until(() -> {
                pass(Duration.ofSeconds(11));
                return asked.get() > before;
            });
        }

        assertThat(store.now().index()).isEqualTo(index);
        verdict = new Verdict(CheckStatus.WARNING, "slow");
        await().until(() -> {
            pass(Duration.ofSeconds(11));
            return status() == CheckStatus.WARNING;
        });
        assertThat(check().orElseThrow().output()).isEqualTo("slow");
    }

    @Test
    void serviceThatIsCriticalForLongIsDeregistered() {
        register(way(Kind.TTL, Duration.ofMinutes(1)), CheckStatus.CRITICAL);
        rounds.look();

        pass(Duration.ofSeconds(60));
        assertThat(check()).isPresent();

        await().until(() -> {
            pass(Duration.ofMillis(1));
            return check().isEmpty();
        });
        await().until(() ->
                events.stream().anyMatch(PeeringEvent.ServiceDropped.class::isInstance));
    }

    @Test
    void targetThatNeverAnswersIsGivenUpAfterItsTime() throws Exception {
        var never = new CountDownLatch(1);
        rounds.close();
        rounds =
                new CheckRounds(
                        store,
                        _ -> {
                            asked.incrementAndGet();
                            never.await();
                            return verdict;
                        },
                        nanos::get,
                        events::add);
        register(way(Kind.TCP, Duration.ZERO), CheckStatus.PASSING);
        rounds.look();
        pass(Duration.ofSeconds(10));
        await().until(() -> asked.get() == 1);

        pass(Duration.ofSeconds(4));

        await().until(() -> status() == CheckStatus.CRITICAL);
        assertThat(check().orElseThrow().output())
                .isEqualTo("192.0.2.1:80: expected an answer within 2000 ms; found none");
    }

    private static Way each(Kind kind, Duration interval) {
        return new Way(
                kind,
                "192.0.2.1:80",
                interval,
                Duration.ofSeconds(2),
                HttpAsk.GET,
                Thresholds.FIRST,
                Duration.ZERO);
    }

    /// Their targets would be asked all at once, for ever.
    @Test
    void checksThatBeganTogetherDoNotStayTogether() {
        var pauses = new TreeSet<Duration>();
        for (var round = 0; round < 200; round++) {
            pauses.add(Turn.pause(each(Kind.TCP, Duration.ofSeconds(16))));
        }

        // of a second, in nanoseconds: that two hundred are alike in half of them is no chance
        assertThat(pauses).hasSizeGreaterThan(100);
        assertThat(pauses.first()).isBetween(Duration.ofSeconds(16), Duration.ofMillis(16_500));
        assertThat(pauses.last()).isBetween(Duration.ofMillis(16_500), Duration.ofSeconds(17));
        assertThat(Turn.pause(each(Kind.TTL, Duration.ofSeconds(16))))
                .isEqualTo(Duration.ofSeconds(16));
        assertThat(Turn.pause(each(Kind.TTL, Duration.ofMillis(1))))
                .isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void nextLeaderDoesNotPutOffWhatIsRunOnceAWeek() throws Exception {
        register(each(Kind.TCP, Duration.ofDays(7)), CheckStatus.CRITICAL);
        rounds.close();
        rounds = rounds();
        rounds.look();

        pass(Duration.ofMinutes(10));

        await().until(() -> status() == CheckStatus.PASSING);
        assertThat(asked).hasValue(1);
    }

    private void registerMany(String service, int count, Way way) {
        registerMany(service, count, way, CheckStatus.PASSING);
    }

    private void registerMany(String service, int count, Way way, CheckStatus status) {
        var checks =
                IntStream.range(0, count)
                        .mapToObj(i ->
                                new HealthCheck(
                                        "c" + i,
                                        "c",
                                        status,
                                        "as registered",
                                        way.kind().name().toLowerCase(Locale.ROOT),
                                        Optional.of(
                                                new CheckDefinition("", false, Optional.of(way)))))
                        .toList();
        store.apply(
                new StoreCommand.PutRegistration(
                        TestStore.registered("server", service + "-1", service, checks)));
    }

    @Test
    void ownerOfManyChecksThatNeverEndDoesNotHoldUpOthers() throws Exception {
        var ends = new Semaphore(0);
        rounds.close();
        rounds =
                new CheckRounds(
                        store,
                        way -> {
                            if (way.interval().equals(Duration.ofSeconds(1))) {
                                asked.incrementAndGet();
                                ends.acquire();
                            }
                            return verdict;
                        },
                        nanos::get,
                        events::add);
        registerMany("slow", 300, each(Kind.TCP, Duration.ofSeconds(1)));
        rounds.look();
        pass(Duration.ofSeconds(1));
        await().until(() -> asked.get() == 192);
        register(way(Kind.TCP, Duration.ZERO), CheckStatus.CRITICAL);

        rounds.look();
        pass(Duration.ofSeconds(1));

        await().until(() -> status() == CheckStatus.PASSING);
        assertThat(asked).hasValue(192);
        // many are left, for whom there is no room before one of them ends
        assertThat(rounds.look()).isEqualTo(Duration.ofSeconds(1));
        var news = rounds.news().get();

        ends.release();

        await().until(() -> rounds.news().get() > news);
        rounds.look();
        await().until(() -> asked.get() == 193);
    }

    private long critical() {
        return store.now().registrations().values().stream()
                .flatMap(record -> record.instance().checks().stream())
                .filter(check -> check.status() == CheckStatus.CRITICAL)
                .count();
    }

    /// Of a hundred of one owner three quarters of the places, and one of each other who comes.
    @Test
    void ownerOfManyThatAreSilentDoesNotHoldUpOthers() {
        registerMany("silent", 100, each(Kind.TTL, Duration.ofSeconds(1)));
        register(way(Kind.TTL, Duration.ZERO), CheckStatus.PASSING);
        rounds.look();

        pass(Duration.ofSeconds(10));

        await().until(() -> status() == CheckStatus.CRITICAL);
        await().until(() -> critical() == 1 + 3 * CheckRounds.MOST_WRITES / 4);
        await().until(() -> {
            rounds.look();
            return critical() == 101;
        });
    }

    @Test
    void thoseThatHaveEndedDoNotHoldUpOthers() {
        // more owners than places, so that equal parts alone are not enough
        for (var i = 0; i < 100; i++) {
            registerMany(
                    "dead-" + i, 10, each(Kind.TTL, Duration.ofMillis(1)), CheckStatus.CRITICAL);
        }
        registerMany("one", 1, each(Kind.TTL, Duration.ofSeconds(10)));
        rounds.look();

        pass(Duration.ofSeconds(10));

        await().until(() -> critical() == 1001);
    }

    @Test
    void nodeThatIsSilentComesBeforeServicesThatAreForLonger() {
        for (var i = 0; i < CheckRounds.MOST_WRITES; i++) {
            registerMany("silent-" + i, 1, each(Kind.TTL, Duration.ofSeconds(1)));
        }
        node(HealthCheck.NODE_ALIVE, Duration.ZERO);
        rounds.look();

        pass(Duration.ofSeconds(10));

        await().until(() ->
                Optional.ofNullable(store.now().registrations().get("server/"))
                        .flatMap(held -> held.check(HealthCheck.NODE_ALIVE))
                        .filter(held -> held.status() == CheckStatus.CRITICAL)
                        .isPresent());
    }

    @Test
    void checkThatIsGoneIsNotRun() {
        register(way(Kind.TCP, Duration.ZERO), CheckStatus.PASSING);
        rounds.look();
        store.apply(new StoreCommand.RemoveRegistration("server", "web-1"));

        pass(Duration.ofMinutes(1));

        assertThat(asked).hasValue(0);
        assertThat(rounds.look()).isEqualTo(Duration.ofHours(1));
    }
}
