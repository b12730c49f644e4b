package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MembersOnIpv6Test {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void membersFindEachOther(@TempDir Path folder) throws Exception {
        assumeTrue(
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .anyMatch(one -> one instanceof Inet6Address && one.isLoopbackAddress()),
                "SKIPPED: no IPv6 loopback address on this machine");
        try (var trio = new Trio(new LogSettings(50, 10, Duration.ofMillis(400)), "::1")) {
            trio.openAll(folder);

            assertThat(trio.apply(new StoreCommand.PutConfig("k", "n", "{}", OptionalLong.empty())))
                    .isInstanceOf(StoreAnswer.Applied.class);
            for (var member = 0; member < 3; member++) {
                var seen =
                        trio.member(member)
                                .state()
                                .await(state -> state.config("k", "n").isPresent(), SOON);
                assertThat(seen.config("k", "n")).as("s%d", member).isPresent();
            }
            assertThat(trio.member(0).members().list())
                    .allSatisfy(member -> assertThat(member.address()).startsWith("[::1]:"));
        }
    }
}
