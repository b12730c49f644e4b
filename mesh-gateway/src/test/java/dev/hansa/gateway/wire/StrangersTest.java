package dev.hansa.gateway.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Addresses besides 127.0.0.1 are there on Linux alone.
@EnabledOnOs(OS.LINUX)
class StrangersTest extends StrangersContract {
    @Override
    InetSocketAddress listen(SniGateway gateway, Admission admission) throws IOException {
        return doors.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                admission,
                Optional.empty(),
                gateway);
    }
}
