package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.SealKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.OptionalLong;
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

    private static ReplicaMachine machine(StateFile file) {
        return new ReplicaMachine(
                file,
                new CommandCodec(file.records()),
                failure -> {
                    throw new AssertionError(failure);
                });
    }
}
