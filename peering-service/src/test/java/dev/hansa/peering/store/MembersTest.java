package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.junit.jupiter.api.Test;

class MembersTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    /// The library's, as it would have to be to fail as often as is asked for.
    private static <T> T library(Class<T> type, Function<String, Object> answers) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, _) -> answers.apply(method.getName())));
    }

    private static RaftServer failing(AtomicInteger failures) {
        var info =
                library(
                        DivisionInfo.class,
                        asked ->
                                switch (asked) {
                                    case "getCurrentTerm" -> 7L;
                                    case "isLeaderReady" -> false;
                                    case "getLeaderId" -> RaftPeerId.valueOf("s1");
                                    case "getRoleInfoProto" -> RoleInfoProto.getDefaultInstance();
                                    default -> throw new AssertionError(asked);
                                });
        var division = library(RaftServer.Division.class, _ -> info);
        return library(
                RaftServer.class,
                _ -> {
                    if (failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("a defect");
                    }
                    return division;
                });
    }

    @Test
    void failureToLookWhoLeadsIsToldOnceAndNotTheLastLook() throws Exception {
        var told = new CopyOnWriteArrayList<Throwable>();
        var tls = LogTransport.tls(TestStore.tls(TestStore.authority()));
        try (var members =
                new Members(
                        failing(new AtomicInteger(3)),
                        RaftGroupId.randomId(),
                        RaftPeerId.valueOf("s0"),
                        InetSocketAddress.createUnresolved("127.0.0.1", 0),
                        new MemberCalls(tls, told::add),
                        LogSettings.DEFAULT,
                        told::add)) {
            assertThat(members.leadership().await(now -> now.leader().isPresent(), SOON))
                    .isEqualTo(new Leadership(7, false, Optional.of("s1")));
        }
        assertThat(List.copyOf(told))
                .hasSize(1)
                .first()
                .hasToString("java.lang.IllegalStateException: a defect");
    }
}
