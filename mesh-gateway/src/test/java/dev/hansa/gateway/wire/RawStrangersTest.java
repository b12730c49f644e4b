package dev.hansa.gateway.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// The same without channels.
@EnabledOnOs(OS.LINUX)
class RawStrangersTest extends StrangersContract {
    private final RawTransport raw = new RawTransport(2);

    @Override
    InetSocketAddress listen(SniGateway gateway, Admission admission) throws IOException {
        return doors.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                admission,
                Optional.of(raw),
                gateway);
    }

    @AfterEach
    @Override
    void close() throws Exception {
        doors.close();
        raw.close();
        super.close();
    }
}
