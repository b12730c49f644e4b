package dev.hansa.gateway.wire;

import java.util.Optional;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Addresses besides 127.0.0.1 are there on Linux alone.
@EnabledOnOs(OS.LINUX)
class ProxiedGatewayTest extends ProxiedGatewayContract {
    @Override
    Optional<RawTransport> raw() {
        return Optional.empty();
    }
}
