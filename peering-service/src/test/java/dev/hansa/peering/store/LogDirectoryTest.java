package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a server believes of its place among the others when a file that says so is damaged.
class LogDirectoryTest {
    private static final InetSocketAddress HERE =
            InetSocketAddress.createUnresolved("192.0.2.2", 8300);

    @TempDir Path folder;
    private final UUID group = UUID.randomUUID();
    private Path current = Path.of("");

    @BeforeEach
    void make() throws IOException {
        current = folder.resolve("raft").resolve(group.toString()).resolve("current");
        Files.createDirectories(current);
        Files.writeString(current.resolve("raft-meta"), "term=1");
    }

    private LogDirectory directory() throws IOException {
        return LogDirectory.open(folder, Optional.empty());
    }

    private void members(InetSocketAddress... addresses) throws IOException {
        var list = RaftConfigurationProto.newBuilder();
        var name = Membership.FOUNDER;
        for (var address : addresses) {
            list.addPeers(Members.peer(name, address).getRaftPeerProto());
            name = "eks-server-" + list.getPeersCount();
        }
        Files.write(
                current.resolve("raft-meta.conf"),
                LogEntryProto.newBuilder().setConfigurationEntry(list).build().toByteArray());
    }

    @Test
    void membersAreThoseThatTheLogWasToldLast() throws Exception {
        members(InetSocketAddress.createUnresolved("192.0.2.1", 8300), HERE);

        assertThat(directory().members()).isEqualTo(List.of(Membership.FOUNDER, "eks-server-1"));
    }

    /// A server that knows of no others would be a majority of one, and take writes alone.
    @Test
    void damagedListOfMembersIsNamed() throws Exception {
        var list = current.resolve("raft-meta.conf");
        Files.write(list, new byte[0]);
        assertThatThrownBy(() -> directory().members())
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining(list.toString());

        Files.write(list, new byte[] {-1, -1, -1});
        assertThatThrownBy(() -> directory().members())
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining(list.toString());
    }

    @Test
    void lostListOfMembersIsNamedOnceTheLogHasForgottenItsBeginning() throws Exception {
        Files.write(current.resolve("log_inprogress_0"), new byte[8]);
        assertThat(directory().members()).isEmpty();

        Files.move(current.resolve("log_inprogress_0"), current.resolve("log_inprogress_10001"));
        assertThatThrownBy(() -> directory().members())
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("raft-meta.conf");
    }

    /// Under the founder's name it would vote for two.
    @Test
    void serverWhoseNameIsLostIsNotTakenForTheFounder() throws Exception {
        members(InetSocketAddress.createUnresolved("192.0.2.1", 8300), HERE);

        assertThatThrownBy(() -> MemberNotes.addedAs(folder, HERE))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining(folder.resolve("raft").resolve("member").toString());

        members(HERE, InetSocketAddress.createUnresolved("192.0.2.1", 8300));
        assertThat(MemberNotes.addedAs(folder, HERE)).isEmpty();
    }

    @Test
    void damagedNoteIsNamedAndNotShown() throws Exception {
        var note = folder.resolve("raft").resolve("joining");
        for (var damage : List.of(new byte[0], new byte[] {'k', 0, 'y'}, new byte[] {-1, -2})) {
            Files.write(note, damage);
            assertThatThrownBy(() -> MemberNotes.joining(folder))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining(note.toString())
                    .hasMessageEndingWith("damaged");
        }
    }
}
