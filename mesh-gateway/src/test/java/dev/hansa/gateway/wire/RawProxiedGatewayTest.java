package dev.hansa.gateway.wire;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// The same without channels.
@EnabledOnOs(OS.LINUX)
class RawProxiedGatewayTest extends ProxiedGatewayContract {
    private final RawTransport raw = new RawTransport(2);

    @Override
    Optional<RawTransport> raw() {
        return Optional.of(raw);
    }

    @AfterEach
    @Override
    void close() throws Exception {
        super.close();
        raw.close();
    }
}
