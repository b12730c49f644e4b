package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// The contract on three servers, and what only several can get wrong.
class ThreeMembersTest extends StoreContract {
    private static final Duration SOON = Duration.ofSeconds(30);

    /// More entries than the library would look for in a hurry.
    private static final int MANY = 200;

    private static final int CHANGES = 40;

    /// Where the library tells of each answer of a member whose log does not fit.
    private static final Logger LEADERS =
            (Logger) LoggerFactory.getLogger("org.apache.ratis.grpc.server.GrpcLogAppender");

    @TempDir Path folder;
    private final Trio trio = new Trio(new LogSettings(50, 10, Duration.ofMillis(400)));

    @Override
    Store open() {
        trio.openAll(folder);
        return trio;
    }

    private void put(int member, String name) {
        assertThat(
                        trio.member(member)
                                .apply(
                                        new StoreCommand.PutConfig(
                                                "k", name, "{}", OptionalLong.empty())))
                .isInstanceOf(StoreAnswer.Applied.class);
    }

    private void follows(int member, String name) throws InterruptedException {
        assertThat(
                        trio.member(member)
                                .state()
                                .await(state -> state.config("k", name).isPresent(), SOON)
                                .config("k", name))
                .isPresent();
    }

    @Test
    void eachMemberTakesWritesAndSeesItsOwnAtOnce() throws Exception {
        for (var member = 0; member < 3; member++) {
            put(member, "of-" + member);
            assertThat(trio.member(member).now().config("k", "of-" + member)).isPresent();
        }
        for (var member = 0; member < 3; member++) {
            follows(member, "of-2");
            assertThat(trio.member(member).now().config()).hasSize(3);
        }
    }

    /// A full disk on two machines.
    @Test
    void twoMembersWhoseVotesAreLostGoOnAndLoseNothing() throws Exception {
        put(0, "before");
        for (var member = 0; member < 3; member++) {
            follows(member, "before");
        }
        for (var member = 1; member < 3; member++) {
            trio.close(member);
            try (var files = Files.walk(folder.resolve("s" + member))) {
                var vote =
                        files.filter(file -> file.endsWith("raft-meta")).findFirst().orElseThrow();
                Files.write(vote, new byte[0]);
            }
        }

        trio.openAll(folder);

        put(1, "after");
        for (var member = 0; member < 3; member++) {
            follows(member, "after");
            assertThat(trio.member(member).now().config("k", "before")).isPresent();
        }
    }

    @Test
    void secretIsUsedOnceWhicheverMemberSeesIt() throws Exception {
        trio.apply(
                new StoreCommand.PutPeering(
                        PeeringRecord.accepting(LKE, "id", java.util.Map.of())));
        for (var round = 0; round < 20; round++) {
            trio.apply(
                    new StoreCommand.IssueEstablishment(
                            "id",
                            new PeeringSecrets.Establishment(
                                    "hash-" + round, "jti", NOW.plusSeconds(60))));
            var use =
                    new StoreCommand.ExchangeSecret("id", "hash-" + round, "stream-" + round, NOW);
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var first = threads.submit(() -> trio.member(0).apply(use));
                var second = threads.submit(() -> trio.member(1).apply(use));
                var third = threads.submit(() -> trio.member(2).apply(use));
                assertThat(java.util.List.of(first.get(), second.get(), third.get()))
                        .filteredOn(StoreAnswer.Applied.class::isInstance)
                        .hasSize(1);
            }
        }
    }

    @Test
    void anotherLeadsWhenTheLeaderIsGone() throws Exception {
        put(0, "before");
        var gone = trio.leader();
        trio.close(gone);

        var left = (gone + 1) % 3;
        put(left, "after");
        assertThat(trio.member(left).now().config("k", "before")).isPresent();

        trio.openAll(folder);
        follows(gone, "after");
    }

    @Test
    void memberThatHearsNoLeaderSaysSoAndSinceWhen() throws Exception {
        put(0, "before");
        var leader = trio.leader();
        var left = (leader + 1) % 3;
        follows(left, "before");
        assertThat(trio.member(leader).members().contact()).isEqualTo(Contact.LEADING);
        var heard = trio.member(left).members().contact();
        assertThat(heard.known()).isTrue();
        assertThat(heard.silence()).isLessThan(SOON);

        var before = System.nanoTime();
        trio.close((leader + 2) % 3);
        trio.close(leader);

        await().atMost(SOON).until(() -> !trio.member(left).members().contact().known());
        var lost = trio.member(left).members().contact();
        assertThat(lost.silence())
                .isPositive()
                // the last word may have come a little earlier
                .isLessThan(Duration.ofNanos(System.nanoTime() - before).plusSeconds(5));
        await().atMost(SOON)
                .until(() ->
                        trio.member(left)
                                        .members()
                                        .contact()
                                        .silence()
                                        .compareTo(lost.silence().plusMillis(200))
                                > 0);
    }

    /// Where the library puts a member's appends in a row (as it does unless told otherwise), one
    /// that fails between two leaders fails all that come after it.
    @Test
    void membersFollowThroughManyChangesOfLeader() throws Exception {
        var stop = new AtomicBoolean();
        var written = new AtomicInteger();
        try (var writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var writer = 0; writer < 8; writer++) {
                var name = "w" + writer;
                var member = writer % 3;
                writers.submit(() -> {
                    while (!stop.get()) {
                        try {
                            trio.member(member)
                                    .apply(
                                            new StoreCommand.PutConfig(
                                                    "k",
                                                    name,
                                                    "{\"n\":" + written.incrementAndGet() + "}",
                                                    OptionalLong.empty()));
                        } catch (StoreFailure e) {
                            // nobody leads at the moment
                            assertThat(e).hasMessageContaining("leader");
                        }
                    }
                });
            }
            for (var change = 0; change < CHANGES; change++) {
                var leader = awaitLeader();
                var next = "s" + (leader + 1 + change % 2) % 3;
                try {
                    trio.member(leader).members().transfer(Optional.of(next), SOON);
                } catch (StoreFailure _) {
                    // another was elected meanwhile, which is a change as well
                }
            }
            stop.set(true);
        }
        assertThat(written.get()).isGreaterThan(CHANGES);
        put(awaitLeader(), "last");
        for (var member = 0; member < 3; member++) {
            follows(member, "last");
        }
    }

    private int awaitLeader() {
        return await().atMost(SOON)
                .ignoreExceptionsInstanceOf(IllegalStateException.class)
                .until(trio::leader, leader -> true);
    }

    @Test
    void memberThatWasRemovedSaysSo() throws Exception {
        put(0, "before");
        var leader = trio.leader();
        var removed = (leader + 1) % 3;
        assertThat(trio.member(removed).problem()).isEmpty();

        trio.member(leader).members().remove("s" + removed);

        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(trio.member(removed).problem().orElse(""))
                                .contains("'s" + removed + "'", "found it removed"));
        assertThat(trio.member(leader).problem()).isEmpty();
    }

    @Test
    void minorityTakesNoWriteAndLosesNone() throws Exception {
        put(0, "before");
        trio.close(1);
        trio.close(2);

        assertThatThrownBy(() -> put(0, "alone"))
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("store: expected a leader that 2 of 3 servers follow");
        assertThat(trio.member(0).now().config("k", "before")).isPresent();
        assertThat(trio.member(0).now().config("k", "alone")).isEmpty();

        trio.openAll(folder);
        put(0, "together");
        for (var member = 0; member < 3; member++) {
            follows(member, "together");
        }
    }

    /// As one that was cut off while it led. The others have gone on since, so that the logs differ
    /// in the middle.
    @Test
    void memberWhoseLogEndsInWhatNobodyAgreedOnIsBackSoon() throws Exception {
        var own = folder.resolve("three");
        try (var three = new Trio(new LogSettings(10_000, 10_000, Duration.ofMillis(400)))) {
            three.openAll(own);
            var cutOff = three.leader();
            three.close((cutOff + 1) % 3);
            three.close((cutOff + 2) % 3);
            var alone = three.member(cutOff);
            var writers = new ArrayList<Thread>();
            for (var i = 0; i < MANY; i++) {
                var command =
                        new StoreCommand.PutConfig("k", "alone-" + i, "{}", OptionalLong.empty());
                writers.add(
                        Thread.ofVirtual()
                                .start(() ->
                                        assertThatThrownBy(() -> alone.apply(command))
                                                .isInstanceOf(StoreFailure.class)));
            }
            assertThat(alone.members().leadership().await(now -> !now.own(), SOON).own()).isFalse();
            three.close(cutOff);
            for (var writer : writers) {
                writer.join();
            }
            three.openTwo(own, cutOff);
            var left = three.member((cutOff + 1) % 3);
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var i = 0; i < 2 * MANY; i++) {
                    var name = "together-" + i;
                    threads.submit(() ->
                            left.apply(
                                    new StoreCommand.PutConfig(
                                            "k", name, "{}", OptionalLong.empty())));
                }
            }
            assertThat(left.now().config()).hasSize(2 * MANY);

            var refusals = new ListAppender<ILoggingEvent>();
            refusals.start();
            LEADERS.setLevel(Level.WARN);
            LEADERS.addAppender(refusals);
            try {
                three.openAll(own);
                assertThat(
                                three.member(cutOff)
                                        .state()
                                        .await(state -> state.config().size() == 2 * MANY, SOON)
                                        .config())
                        .hasSize(2 * MANY);
            } finally {
                LEADERS.detachAppender(refusals);
                LEADERS.setLevel(null);
            }
            // and not by asking for one entry after another
            assertThat(refusals.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .filteredOn(line -> line.contains("INCONSISTENCY"))
                    .hasSizeBetween(1, MANY / 10);
        }
    }

    private static boolean isApart(AuditLog log) {
        return log.ends().of(AuditClass.REGISTRATION).head().number() > 0;
    }

    /// The log has forgotten by then what the member lacks.
    @Test
    void memberThatWasAwayForLongTakesACopy() throws Exception {
        trio.awaitAudit();
        put(0, "before");
        var away = (trio.leader() + 1) % 3;
        trio.close(away);
        for (var i = 0; i < 400; i++) {
            put(trio.leader(), "n" + i);
        }
        trio.openAll(folder);

        follows(away, "n399");
        put(away, "after");
        assertThat(trio.member(away).now().config()).hasSize(402);
        // with all that was recorded meanwhile, of which it has seen no entry
        var leading = trio.member(trio.leader()).audit();
        assertThat(leading.ends().head().number()).isGreaterThan(402);
        // so many changes have classes begin as soon as all can read them
        leading.head().await(_ -> isApart(leading), SOON);
        assertThat(isApart(leading)).isTrue();
        trio.member(away).audit().head().await(leading.ends().head()::equals, SOON);
        assertThat(trio.member(away).audit().after(0, 1_000)).isEqualTo(leading.after(0, 1_000));
        try (var copies = Files.walk(folder.resolve("s" + away).resolve("raft"))) {
            assertThat(copies.map(file -> file.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("snapshot."));
        }
        // and its disk says it too
        trio.close();
        trio.openAll(folder);
        assertThat(trio.member(away).now().config()).hasSize(402);
    }
}
