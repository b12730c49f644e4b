package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.SealKey;
import dev.hansa.peering.audit.AuditAct;
import dev.hansa.peering.audit.AuditCheck;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditMark;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.audit.AuditRecord;
import dev.hansa.peering.audit.Origin;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who has a right over one service pushes out no record of what asks for more.
class AuditClassesTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Origin ORIGIN = new Origin("ada", "192.0.2.1", Instant.EPOCH, false, 0);
    private static final AuditAct BEGIN =
            new AuditAct(AuditClass.APART, "log", "applied", "", "", 0);

    @TempDir Path folder;

    private static StoreCommand registration(int number) {
        return new StoreCommand.PutRegistration(
                TestStore.registered("node", "web-" + number, "web", List.of()));
    }

    private static StoreCommand entry(String kind) {
        return new StoreCommand.PutConfig(kind, "web", "{}", OptionalLong.empty());
    }

    private static void whole(AuditLog log) {
        var check = AuditCheck.ofLog(Map.of());
        log.after(0, 100_000).forEach(check::take);
        check.within(log.ends(), log.ends());
        assertThat(check.fault()).isEmpty();
    }

    private static AuditRecord newest(RaftStore store) {
        return store.audit().before(Long.MAX_VALUE, 1, AuditLog.Filter.ALL).records().getFirst();
    }

    private static void begin(RaftStore leader) {
        leader.begin(
                new StoreCommand.BeginAuditClasses(), leader.members().leadership().get().term());
    }

    private static AuditHead with(AuditHead head, int count, AuditAct act) {
        var all = head;
        for (var i = 0; i < count; i++) {
            all = all.with(AuditRecord.after(all, i, ORIGIN, act));
        }
        return all;
    }

    /// A log that is small has nothing to lose, and stays as it was.
    @Test
    void classesBeginOnceThereAreManyChanges() {
        var change = new AuditAct("peering.write", "lke", "applied", "", "", 0);
        var some = with(AuditHead.START, AuditStart.CHANGES - 1, change);
        var many = with(some, 1, change);

        assertThat(AuditStart.due(AuditHead.START, true)).isEmpty();
        assertThat(AuditStart.due(AuditHead.START, false))
                .contains(new StoreCommand.NoteAct("audit.begin", "log", AuditOutcome.APPLIED));
        for (var isAlone : List.of(true, false)) {
            assertThat(AuditStart.due(some, isAlone)).isEmpty();
            assertThat(AuditStart.due(many, isAlone))
                    .contains(new StoreCommand.BeginAuditClasses());
            assertThat(AuditStart.due(with(many, 1, BEGIN), isAlone)).isEmpty();
        }
    }

    @Test
    void registrationsHaveRoomOfTheirOwnOnceItHasBegun() {
        try (var store = TestStore.open(folder)) {
            store.apply(registration(0));
            assertThat(newest(store).kind()).isEqualTo(AuditClass.CHANGE);
            begin(store);
            var changes = store.audit().ends().of(AuditClass.CHANGE).head();
            assertThat(changes.number()).isEqualTo(1);
            assertThat(newest(store).act().what()).isEqualTo(AuditClass.APART);

            store.apply(registration(1));
            assertThat(newest(store).kind()).isEqualTo(AuditClass.REGISTRATION);
            assertThat(newest(store).form()).isEqualTo(2);
            store.apply(entry("service-resolver"));
            assertThat(newest(store).kind()).isEqualTo(AuditClass.SERVICE);
            assertThat(store.audit().ends().of(AuditClass.CHANGE).head()).isEqualTo(changes);
            store.apply(entry("mesh"));
            assertThat(newest(store).kind()).isEqualTo(AuditClass.CHANGE);
            assertThat(newest(store).form()).isEqualTo(1);
            whole(store.audit());
        }
        // what has begun has begun for ever
        try (var store = TestStore.open(folder)) {
            assertThat(store.auditHead().isApart()).isTrue();
            store.apply(registration(2));
            assertThat(newest(store).kind()).isEqualTo(AuditClass.REGISTRATION);
            whole(store.audit());
        }
    }

    /// A log that was begun apart by a note, as form 4 had it, has the chain that it always had.
    @Test
    void commandMakesTheRecordThatANoteMadeBefore() {
        var note = new StoreCommand.NoteAct(AuditClass.APART, "log", AuditOutcome.APPLIED);
        var state = TestState.EMPTY;
        var records =
                Stream.of(new StoreCommand.BeginAuditClasses(), note)
                        .map(command ->
                                AuditTrail.record(
                                        AuditHead.START,
                                        state,
                                        new CommandCodec.Entry(
                                                command, OptionalLong.empty(), Optional.of(ORIGIN)),
                                        StateMachine.apply(state, command)))
                        .toList();
        assertThat(records.getFirst()).isPresent().isEqualTo(records.getLast());
        assertThat(AuditHead.START.with(records.getFirst().orElseThrow()).isApart()).isTrue();
    }

    @Test
    void threeMembersHaveOneChainOfEachClass() throws Exception {
        try (var trio = new Trio(LogSettings.DEFAULT)) {
            trio.openAll(folder);
            trio.awaitAudit();
            trio.apply(registration(0));
            begin(trio.member(trio.leader()));
            trio.apply(registration(1));
            trio.apply(entry("service-intentions"));
            var leading = trio.member(trio.leader()).audit();
            var last = leading.ends().head();
            for (var member = 0; member < 3; member++) {
                var log = trio.member(member).audit();
                assertThat(log.head().await(last::equals, SOON)).isEqualTo(last);
                assertThat(log.ends()).isEqualTo(leading.ends());
                whole(log);
            }
            assertThat(leading.ends().of(AuditClass.SERVICE).head().number()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    registration.write,   node/web-1,               applied, registration
                    registration.delete,  node/web-1,               refused, refusal
                    login.begin,          accessor,                 applied, registration
                    join-token.use,       /ns/default/dc/eks/svc/a, applied, registration
                    join-token.generate,  /ns/default/dc/eks/svc/a, applied, registration
                    join-token.generate,  '/ns/default/dc/eks/svc/a, /ns/default/dc/eks/svc/b', applied, registration
                    join-token.generate,  '/gateway/mesh/dc/eks, /ns/default/dc/eks/svc/b', applied, trust
                    join-token.generate,  '/ns/default/dc/eks/svc/b, /agent/server/dc/eks', applied, trust
                    acl-token.write,      accessor,                 applied, trust
                    config-entry.write,   service-resolver/web,     applied, service
                    config-entry.delete,  service-intentions/web,   applied, service
                    config-entry.write,   exported-services/default, applied, change
                    config-entry.write,   sameness-group/service-defaults, applied, change
                    config-entry.write,   service-intentions/*,     applied, change
                    failover.hold,        web,                      applied, service
                    failover.clear,       41,                       applied, change
                    failover.drain-peer,  lke,                      applied, change
                    peering.write,        lke,                      applied, change
                    trust-bundle.write,   lke,                      applied, change
                    """)
    void actIsOfTheClassOfTheRightThatItAsks(String what, String on, String outcome, String word) {
        var before = AuditClass.of(what, on, outcome, false);

        assertThat(AuditClass.of(what, on, outcome, true).word()).isEqualTo(word);
        // as older servers have it
        assertThat(before.form()).isEqualTo(1);
    }

    /// What was dropped of a new class is vouched for like that of an old one.
    @Test
    void newClassesDropTheirOldestToo() throws Exception {
        try (var _ = StateFile.open(folder, SealKey.IN_DATA_DIR);
                var connection = StateRows.connect(folder.resolve("hansa.db"))) {
            assertThat(AuditRows.ends(connection).of(AuditClass.REGISTRATION).head())
                    .isEqualTo(AuditMark.START);
            var head = AuditHead.START;
            var records = new ArrayList<AuditRecord>();
            for (var i = 0; i < 9; i++) {
                var act =
                        i == 0
                                ? BEGIN
                                : new AuditAct("registration.write", "x", "applied", "", "", 0);
                var record = AuditRecord.after(head, i, ORIGIN, act);
                head = head.with(record);
                records.add(record);
            }
            AuditRows.append(connection, records, _ -> 3);
            var ends = AuditRows.ends(connection);
            var left = AuditRows.before(connection, 99, 99, AuditLog.Filter.ALL).records();

            assertThat(left).extracting(AuditRecord::number).containsExactly(9L, 8L, 7L);
            assertThat(ends.of(AuditClass.REGISTRATION).anchor())
                    .isEqualTo(new AuditMark(6, left.getLast().link()));
            assertThat(AuditRows.head(connection)).isEqualTo(head);
            var check = AuditCheck.ofLog(Map.of());
            left.forEach(check::take);
            check.within(ends, ends);
            assertThat(check.fault()).isEmpty();
        }
    }
}
