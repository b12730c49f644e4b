package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.audit.AuditAct;
import dev.hansa.peering.audit.AuditCheck;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditExport;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditMark;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.audit.AuditRecord;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.audit.Origin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What becomes a record, and that records and changes are on the disk together.
class AuditStoreTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Origin ORIGIN = new Origin("ada", "192.0.2.1", Instant.EPOCH, false, 0);

    @TempDir Path folder;

    private static StoreCommand put(String name, String json, long cas) {
        return new StoreCommand.PutConfig("k", name, json, OptionalLong.of(cas));
    }

    private static <T> T asAda(Supplier<T> work) {
        return Author.at(
                new Author.Entrance("192.0.2.1", "PUT /v1/config"), () -> Author.as("ada", work));
    }

    private static void whole(AuditLog log, long expected) {
        var check = AuditCheck.ofLog(Map.of());
        log.after(0, 100_000).forEach(check::take);
        check.within(log.ends(), log.ends());
        assertThat(check.fault()).isEmpty();
        assertThat(check.count()).isEqualTo(expected);
    }

    @Test
    void actIsRecordedWithItsAuthorItsOriginAndItsOutcome() {
        try (var store = TestStore.open(folder)) {
            var index = store.now().index();
            asAda(() -> store.apply(put("one", "{}", 0)));
            // as it is already: nobody has changed anything
            asAda(() ->
                    store.apply(
                            new StoreCommand.PutConfig("k", "one", "{}", OptionalLong.empty())));
            asAda(() -> store.apply(put("one", "{\"a\":1}", 0)));
            store.apply(new StoreCommand.DeleteConfig("k", "one", OptionalLong.empty()));
            asAda(() -> store.apply(denial()));

            assertThat(store.audit().after(0, 10))
                    .extracting(
                            AuditRecord::number,
                            AuditRecord::index,
                            AuditRecord::who,
                            AuditRecord::from,
                            AuditRecord::act)
                    .containsExactly(
                            tuple(1L, index + 1, "ada", "192.0.2.1", act("write", "applied", "")),
                            tuple(
                                    2L,
                                    index + 1,
                                    "ada",
                                    "192.0.2.1",
                                    act("write", "refused", "stale")),
                            tuple(
                                    3L,
                                    index + 2,
                                    "system:server",
                                    Membership.FOUNDER,
                                    act("delete", "applied", "")),
                            tuple(
                                    4L,
                                    index + 2,
                                    "ada",
                                    "192.0.2.1",
                                    new AuditAct("request", "PUT /x", "denied", "", "no", 0)));
            assertThat(store.audit().after(1, 1).getFirst().sentence())
                    .isEqualTo(
                            "refused: expected what is there as it was read; found it changed since");
            whole(store.audit(), 4);
        }
    }

    private static AuditAct act(String what, String outcome, String reason) {
        return new AuditAct("config-entry." + what, "k/one", outcome, reason, "", 0);
    }

    /// Whoever is refused a thousand times writes few records, and none for others.
    @Test
    void refusalsAreRecordedAtAPaceAndCounted() {
        try (var store = TestStore.open(folder)) {
            for (var i = 0; i < 30; i++) {
                asAda(() -> store.apply(put("one", "{}", 99)));
            }
            store.apply(put("one", "{}", 99));
            var page = store.audit().before(99, 99, AuditLog.Filter.ALL);
            // one more each six seconds, and a machine may be slow
            assertThat(page.records())
                    .hasSizeBetween(11, 14)
                    .allMatch(record -> record.kind() == AuditClass.REFUSAL);
            assertThat(page.records().getFirst().who()).isEqualTo("system:server");
        }
    }

    /// What makes room is recorded when there is none; what strangers did not get is not.
    @Test
    void fullStoreTakesTheRecordOfAnActAndOfNoDenial() {
        try (var store = TestStore.open(folder, 1)) {
            assertThatThrownBy(() -> store.apply(put("one", "{}", 0)))
                    .isInstanceOf(StoreFailure.class);
            assertThatThrownBy(() -> store.apply(denial())).isInstanceOf(StoreFailure.class);
            store.apply(new StoreCommand.NoteAct("server.remove", "s1", AuditOutcome.BEGUN));
            store.apply(
                    new StoreCommand.NoteAct("server.remove", "s1", "failed", "", "no answer", 0));
            assertThat(store.audit().after(0, 9))
                    .extracting(record -> record.act().outcome(), AuditRecord::kind)
                    .containsExactly(
                            tuple("begun", AuditClass.TRUST), tuple("failed", AuditClass.TRUST));
        }
    }

    private static StoreCommand denial() {
        return new StoreCommand.NoteAct("request", "PUT /x", "denied", "", "no", 0);
    }

    @Test
    void whatIsHealthyIsNoAct() {
        try (var store = TestStore.open(folder)) {
            store.apply(
                    new StoreCommand.PutCheckResult("n", "web", "c", CheckStatus.PASSING, "fine"));
            assertThat(store.audit().ends().head()).isEqualTo(AuditMark.START);
        }
    }

    @Test
    void filtersAndPagesFindTheNewestFirst() {
        try (var store = TestStore.open(folder)) {
            for (var i = 0; i < 5; i++) {
                store.apply(put("e" + i, "{}", 0));
            }
            asAda(() -> store.apply(put("other", "{}", 0)));

            var log = store.audit();
            assertThat(log.before(4, 2, AuditLog.Filter.ALL).records())
                    .extracting(record -> record.act().on())
                    .containsExactly("k/e2", "k/e1");
            assertThat(log.before(4, 2, AuditLog.Filter.ALL).next()).isEqualTo(2);
            assertThat(log.before(2, 2, AuditLog.Filter.ALL).next()).isZero();
            assertThat(found(log, "ada", "write", "oth", "applied", "change")).containsExactly(6L);
            assertThat(found(log, "", "%", "", "", "")).isEmpty();
            assertThat(found(log, "", "", "", "refused", "")).isEmpty();
            assertThat(found(log, "", "", "", "", "trust")).isEmpty();
            var third = log.after(2, 1).getFirst().time();
            assertThat(log.before(99, 9, times(third, "")).records())
                    .allMatch(record -> record.time().compareTo(third) >= 0)
                    .hasSizeGreaterThanOrEqualTo(4);
            assertThat(log.before(99, 9, times("", third)).records())
                    .allMatch(record -> record.time().compareTo(third) < 0)
                    .hasSizeLessThanOrEqualTo(2);
        }
    }

    private static AuditLog.Filter times(String since, String until) {
        return new AuditLog.Filter("", "", "", "", "", since, until);
    }

    private static List<Long> found(
            AuditLog log, String who, String what, String on, String outcome, String kind) {
        var filter = new AuditLog.Filter(who, what, on, outcome, kind, "", "");
        return log.before(99, 9, filter).records().stream().map(AuditRecord::number).toList();
    }

    @Test
    void threeMembersHaveOneChainAlsoAfterRefusalsAndAfterOneWasAway() throws Exception {
        try (var trio = new Trio(LogSettings.DEFAULT)) {
            trio.openAll(folder);
            trio.awaitAudit();
            asAda(() -> trio.apply(put("one", "{}", 0)));
            asAda(() -> trio.apply(put("one", "{}", 7)));
            var away = (trio.leader() + 1) % 3;
            trio.close(away);
            asAda(() -> trio.apply(put("two", "{}", 0)));
            trio.openAll(folder);
            var leading = trio.member(trio.leader()).audit();
            var last = leading.ends().head();

            assertThat(last.number()).isEqualTo(4);
            for (var i = 0; i < 3; i++) {
                var log = trio.member(i).audit();
                assertThat(log.head().await(last::equals, SOON)).isEqualTo(last);
                assertThat(log.after(0, 9)).isEqualTo(leading.after(0, 9));
                whole(log, 4);
            }
            assertThat(leading.after(0, 9))
                    .extracting(record -> record.act().what(), record -> record.act().reason())
                    .startsWith(
                            tuple("audit.begin", ""),
                            tuple("config-entry.write", ""),
                            tuple("config-entry.write", "stale"));
        }
    }

    /// An older build cannot read what the log rests on, and would stop.
    @Test
    void logBeginsWhenAllMembersHaveSaidThatTheyReadIt() throws Exception {
        try (var trio = new Trio(LogSettings.DEFAULT)) {
            trio.openTwo(folder, 2);
            trio.apply(put("one", "{}", 0));
            assertThat(trio.apply(new StoreCommand.NoteAct("x", "y", AuditOutcome.BEGUN)))
                    .isInstanceOf(StoreAnswer.Unchanged.class);
            for (var i = 0; i < 2; i++) {
                assertThat(trio.member(i).hasAudit()).isFalse();
                assertThat(trio.member(i).audit().ends().head()).isEqualTo(AuditMark.START);
            }
            trio.openAll(folder);
            trio.awaitAudit();
            trio.apply(put("two", "{}", 0));
            var last = trio.member(0).audit().ends().head();
            for (var i = 0; i < 3; i++) {
                trio.member(i).audit().head().await(last::equals, SOON);
                assertThat(trio.member(i).audit().after(0, 9))
                        .extracting(record -> record.act().what(), record -> record.act().on())
                        .containsExactly(
                                tuple("audit.begin", "log"), tuple("config-entry.write", "k/two"));
            }
        }
    }

    private static AuditRecord record(AuditHead head, long index, AuditAct act) {
        return AuditRecord.after(head, index, ORIGIN, act);
    }

    private static AuditAct applied(String what) {
        return new AuditAct(what, "on", "applied", "", "", 0);
    }

    @Test
    void oldestAreDroppedAndTheAnchorStays() throws Exception {
        try (var _ = StateFile.open(folder, SealKey.IN_DATA_DIR);
                var connection = StateRows.connect(folder.resolve("hansa.db"))) {
            var acts =
                    List.of(
                            applied("acl-token.write"),
                            applied("registration.write"),
                            new AuditAct("request", "on", "denied", "", "no", 0));
            var records = new ArrayList<AuditRecord>();
            var head = AuditHead.START;
            for (var i = 0; i < 14; i++) {
                // two of trust, then the others by turns
                var record = record(head, i, acts.get(i < 2 ? 0 : 1 + i % 2));
                head = head.with(record);
                records.add(record);
                if (i % 3 == 1) {
                    AuditRows.append(connection, records, kind -> 3);
                    records.clear();
                }
            }
            var ends = AuditRows.ends(connection);
            var left = AuditRows.before(connection, 99, 99, AuditLog.Filter.ALL).records();

            assertThat(left)
                    .extracting(AuditRecord::number)
                    .containsExactly(14L, 13L, 12L, 11L, 10L, 9L, 2L, 1L);
            assertThat(AuditRows.head(connection)).isEqualTo(head);
            assertThat(ends.head()).isEqualTo(head.last());
            assertThat(ends.dropped()).isEqualTo(8);
            assertThat(ends.of(AuditClass.CHANGE).anchor())
                    .isEqualTo(new AuditMark(3, left.get(5).link()));
            assertThat(ends.of(AuditClass.TRUST).anchor()).isEqualTo(AuditMark.START);
            // the export has no gap
            assertThat(AuditRows.after(connection, 0, 99))
                    .extracting(AuditRecord::number)
                    .containsExactly(9L, 10L, 11L, 12L, 13L, 14L);
            var check =
                    AuditCheck.ofLog(
                            Map.of(AuditClass.CHANGE, ends.of(AuditClass.CHANGE).anchor()));
            left.forEach(check::take);
            check.within(ends, ends);
            assertThat(check.fault()).isEmpty();
            assertThat(check.unsure()).isEmpty();
            var without = AuditCheck.ofLog(Map.of());
            left.subList(0, 7).forEach(without::take);
            without.within(ends, ends);
            assertThat(without.fault().orElseThrow())
                    .isEqualTo(
                            "audit log: expected trust record 1 to be there, since it was not dropped; found none");
        }
    }

    /// A disk that did not take some of them, and a class whose newest come after the gap.
    @Test
    void gapThatReachesTheEndOfTheRoomStopsNothing() throws Exception {
        try (var _ = StateFile.open(folder, SealKey.IN_DATA_DIR);
                var connection = StateRows.connect(folder.resolve("hansa.db"))) {
            var head = AuditHead.START;
            var anchors = new ArrayList<AuditMark>();
            for (var i = 0; i < 20; i++) {
                var record = record(head, i, applied("registration.write"));
                head = head.with(record);
                if (i < 2 || i > 8) {
                    AuditRows.append(connection, List.of(record), kind -> 3);
                    anchors.add(AuditRows.ends(connection).of(AuditClass.CHANGE).anchor());
                }
            }
            assertThat(anchors)
                    .extracting(AuditMark::number)
                    .containsExactly(0L, 0L, 2L, 2L, 2L, 10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L);
            assertThat(AuditRows.after(connection, 0, 99)).hasSize(3);
        }
    }

    /// Two builds that differ here have two chains in one datacenter: whoever changes this has to
    /// give records another form, and to begin it when all members read it.
    @Test
    void sameCommandsHaveTheSameChainInEachVersion() {
        var state = TestState.EMPTY;
        var head = AuditHead.START;
        var text = new StringBuilder();
        for (var command : GoldenActs.COMMANDS) {
            var transition = StateMachine.apply(state, command);
            var entry = new CommandCodec.Entry(command, OptionalLong.empty(), Optional.of(ORIGIN));
            var record = AuditTrail.record(head, state, entry, transition);
            if (record.isPresent()) {
                head = head.with(record.get());
                var act = record.get().act();
                text.append(
                        String.join(
                                        " | ",
                                        act.what(),
                                        act.on(),
                                        act.outcome(),
                                        act.reason(),
                                        act.detail(),
                                        record.get().kind().word())
                                + "\n");
            }
            state = transition.state();
        }
        assertThat(text).hasToString(GoldenActs.ACTS);
        assertThat(head.last()).hasToString(GoldenActs.HEAD);
    }

    /// Members that were upgraded at different entries of one log must not begin at different ones.
    @Test
    void logBeginsWithTheFirstCommandThatSaysWhereItComesFrom() throws Exception {
        try (var file = StateFile.open(folder, SealKey.IN_DATA_DIR)) {
            var codec = new CommandCodec(file.records());
            var machine =
                    new ReplicaMachine(
                            file,
                            codec,
                            failure -> {
                                throw new AssertionError(failure);
                            });
            var at = 1L;
            for (var origin :
                    List.of(
                            Optional.<Origin>empty(),
                            Optional.of(ORIGIN),
                            Optional.<Origin>empty())) {
                var command = put("e" + at, "{}", 0);
                var entry = new CommandCodec.Entry(command, OptionalLong.empty(), origin);
                apply(machine, entry(at++, codec.encode(entry)));
            }
            assertThat(file.audit().after(0, 9))
                    .extracting(AuditRecord::who, record -> record.act().on())
                    .containsExactly(tuple("ada", "k/e2"), tuple("unknown", "k/e3"));
        }
    }

    /// The log goes on where the database does not, and memory has an end.
    @Test
    void whatADiskDoesNotTakeIsKeptUpToALimitAndCounted() throws Exception {
        var file = StateFile.open(folder, SealKey.IN_DATA_DIR);
        var codec = new CommandCodec(file.records());
        var failures = new ArrayList<Throwable>();
        var machine = new ReplicaMachine(file, codec, failures::add);
        file.close();
        for (var at = 1; at <= 2_003; at++) {
            var entry =
                    new CommandCodec.Entry(
                            put("e", "{}", 99), OptionalLong.empty(), Optional.of(ORIGIN));
            apply(machine, entry(at, codec.encode(entry)));
        }
        assertThat(machine.lostRecords()).isEqualTo(3);
        assertThat(failures)
                .extracting(String::valueOf)
                .anyMatch(failure ->
                        failure.endsWith(
                                "record 3 is not on this server's disk, and 3 are lost here since its start"));
    }

    private static void apply(ReplicaMachine machine, LogEntryProto entry) throws Exception {
        machine.applyTransaction(
                        TransactionContext.newBuilder()
                                .setServerRole(RaftPeerRole.FOLLOWER)
                                .setStateMachine(machine)
                                .setLogEntry(entry)
                                .build())
                .get();
    }

    private static LogEntryProto entry(long at, byte[] content) {
        return LogEntryProto.newBuilder()
                .setTerm(1)
                .setIndex(at)
                .setStateMachineLogEntry(
                        StateMachineLogEntryProto.newBuilder()
                                .setLogData(ByteString.copyFrom(content)))
                .build();
    }

    /// A child JVM writes and is killed. What its database says then, before any log is replayed,
    /// is as many changes as records; and afterwards the export has each once.
    @Test
    void killedServerHasWithEachChangeItsRecordAndGoesOnWithTheExport() throws Exception {
        var data = folder.resolve("data");
        var export = folder.resolve("audit/audit.jsonl");
        var child = ChildJvm.start(Writer.class, folder);
        try (var lines = child.inputReader()) {
            for (var i = 0; i < 20; i++) {
                assertThat(lines.readLine()).isEqualTo("written");
            }
            ChildJvm.kill(child);
        }
        child.waitFor();
        try (var connection = StateRows.connect(data.resolve("hansa.db"));
                var statement = connection.createStatement();
                var row =
                        statement.executeQuery(
                                "SELECT (SELECT COUNT(*) FROM records WHERE bucket = 'config'),"
                                        + " (SELECT COUNT(*) FROM audit)")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getLong(1)).isEqualTo(row.getLong(2)).isGreaterThanOrEqualTo(20);
        }
        try (var store = TestStore.open(data);
                var _ = Writer.export(folder, store)) {
            store.apply(put("last", "{}", 0));
            whole(store.audit(), store.now().config().size());
            var head = store.audit().ends().head();
            var check = AuditCheck.ofFiles(Map.of());
            for (var look = 0; look < 2_000 && check.last().number() < head.number(); look++) {
                check = AuditCheck.ofFiles(Map.of());
                for (var line : Writer.lines(export)) {
                    check.take(line);
                }
                check.begins();
                store.audit().head().await(_ -> false, Duration.ofMillis(10));
            }
            assertThat(check.fault()).isEmpty();
            assertThat(check.first()).isEqualTo(1);
            assertThat(check.last()).isEqualTo(head);
            assertThat(check.count()).isEqualTo(head.number());
        }
        assertThat(Files.getPosixFilePermissions(export)).hasSize(2);
    }

    static final class Writer {
        private static final ObjectMapper JSON = new ObjectMapper();

        static AuditExport export(Path folder, RaftStore store) {
            return AuditExport.start(
                    folder.resolve("audit/audit.jsonl"), store.audit(), Throwable::printStackTrace);
        }

        /// What is whole of a file.
        static List<AuditRecord> lines(Path file) throws Exception {
            var text = Files.exists(file) ? Files.readString(file) : "";
            var records = new ArrayList<AuditRecord>();
            for (var line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                records.add(AuditRecord.read(JSON.readTree(line)));
            }
            return records;
        }

        public static void main(String[] arguments) throws Exception {
            var folder = Path.of(arguments[0]);
            try (var store = TestStore.open(folder.resolve("data"));
                    var _ = export(folder, store)) {
                var number = store.now().config().size();
                while (true) {
                    store.apply(put("e" + number++, "{}", 0));
                    System.out.println("written");
                }
            }
        }
    }
}
