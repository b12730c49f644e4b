package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.SealKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaMachineTest {
    private static final StoreCommand PUT =
            new StoreCommand.PutConfig("k", "one", "{}", OptionalLong.of(0));
    private static final StoreCommand PUT_AGAIN =
            new StoreCommand.PutConfig("k", "one", "{\"a\":1}", OptionalLong.of(0));
    private static final StoreCommand PUT_OTHER =
            new StoreCommand.PutConfig("k", "two", "{}", OptionalLong.of(0));

    @TempDir Path folder;

    private static Message apply(ReplicaMachine machine, StateFile file, long at, StoreCommand what)
            throws Exception {
        return apply(machine, at, new CommandCodec(file.records()).encode(what));
    }

    private static Message apply(ReplicaMachine machine, long at, byte[] content) throws Exception {
        var entry =
                LogEntryProto.newBuilder()
                        .setTerm(1)
                        .setIndex(at)
                        .setStateMachineLogEntry(
                                StateMachineLogEntryProto.newBuilder()
                                        .setLogData(ByteString.copyFrom(content)))
                        .build();
        return machine.applyTransaction(
                        TransactionContext.newBuilder()
                                .setServerRole(RaftPeerRole.FOLLOWER)
                                .setStateMachine(machine)
                                .setLogEntry(entry)
                                .build())
                .get();
    }

    private static StoreAnswer answer(StateFile file, Message message) {
        return new CommandCodec(file.records()).answer(message.getContent().toByteArray());
    }

    /// A compare-and-set that was refused, and a secret that was found used, must not become a yes
    /// because the server that said no was started anew before the asker had heard it.
    @Test
    void answerOfAnEarlierLifeIsNotMadeUp() throws Exception {
        try (var file = StateFile.open(folder, SealKey.IN_DATA_DIR)) {
            var machine = machine(file);
            assertThat(answer(file, apply(machine, file, 1, PUT)))
                    .isInstanceOf(StoreAnswer.Applied.class);
            assertThat(answer(file, apply(machine, file, 2, PUT_AGAIN)))
                    .isInstanceOf(StoreAnswer.Refused.class);
            apply(machine, file, 3, PUT_OTHER);
        }

        try (var file = StateFile.open(folder, SealKey.IN_DATA_DIR)) {
            var machine = machine(file);
            assertThat(apply(machine, file, 2, PUT_AGAIN)).isEqualTo(ReplicaMachine.FORGOTTEN);
            assertThat(machine.state().get().config("k", "one").orElseThrow().json())
                    .isEqualTo("{}");
        }
    }

    /// What a build without the audit log's classes of form 2 does with the entry that begins them,
    /// and any with what came after it.
    @Test
    void entryOfANewerVersionStopsTheServerBeforeItByName() throws Exception {
        var later = "BeginWhatComesLater {}\n{}".getBytes(StandardCharsets.UTF_8);
        for (var start = 0; start < 2; start++) {
            try (var file = StateFile.open(folder, SealKey.IN_DATA_DIR)) {
                var failures = new ArrayList<Throwable>();
                var machine =
                        new ReplicaMachine(file, new CommandCodec(file.records()), failures::add);
                apply(machine, file, 1, PUT);
                assertThatThrownBy(() -> apply(machine, 2, later))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("log entry: expected one of [AbortRestore, ")
                        .hasMessageEndingWith(
                                "found 'BeginWhatComesLater', which a newer version may have written");
                assertThat(failures).hasSize(1);
                assertThat(file.position()).isEqualTo(new LogPosition(1, 1));
                assertThat(machine.state().get().config("k", "one")).isPresent();
            }
        }
    }

    /// A member that was away takes what it missed with few writes of its file, and has it all
    /// there once nothing more waits: also where what comes last changes nothing.
    @Test
    void fileHasWhatWasGatheredOnceNothingMoreIsToBeTaken() throws Exception {
        var agreed = new AtomicLong(400);
        try (var file = StateFile.open(folder, SealKey.IN_DATA_DIR)) {
            var machine = machine(file, Optional.of(at -> agreed.get() - at.index() >= 16));
            for (var at = 1; at <= 384; at++) {
                apply(machine, file, at, put("n" + at));
                // before the first entry it is at -1
                assertThat(at - file.position().index()).isLessThanOrEqualTo(257);
            }
            assertThat(file.position().index()).isEqualTo(257);
            assertThat(machine.state().get().config()).hasSize(384);

            // refused, so that nothing changes
            apply(machine, file, 385, put("n1"));

            assertThat(file.position().index()).isEqualTo(385);
            assertThat(file.written().config()).hasSize(384);
            agreed.set(900);
            apply(machine, file, 386, put("m"));
            assertThat(file.position().index()).isEqualTo(385);

            // who leads is written in the log, and is no command
            agreed.set(387);
            machine.notifyTermIndexUpdated(1, 387);

            assertThat(file.written().config("k", "m")).isPresent();
            agreed.set(900);
            apply(machine, file, 388, put("of the former term"));
            apply(machine, file, 389, new StoreCommand.CountStart());
            assertThat(file.written().config("k", "of the former term")).isPresent();
        }
        try (var file = StateFile.open(folder, SealKey.IN_DATA_DIR)) {
            assertThat(machine(file).state().get().config()).hasSize(386);
        }
    }

    private static StoreCommand put(String name) {
        return new StoreCommand.PutConfig("k", name, "{}", OptionalLong.of(0));
    }

    private static ReplicaMachine machine(StateFile file) {
        return machine(file, Optional.empty());
    }

    private static ReplicaMachine machine(
            StateFile file, Optional<Predicate<LogPosition>> isBehind) {
        return new ReplicaMachine(
                file,
                new CommandCodec(file.records()),
                failure -> {
                    throw new AssertionError(failure);
                },
                isBehind);
    }
}
