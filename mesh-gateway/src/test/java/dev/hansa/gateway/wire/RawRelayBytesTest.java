package dev.hansa.gateway.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// The same without channels, with pipes of the kernel's for what is bulky.
@EnabledOnOs(OS.LINUX)
class RawRelayBytesTest extends RelayBytesContract {
    private final RawTransport raw = new RawTransport(2);
    private final Doors doors = new Doors(transport, false);

    @Override
    InetSocketAddress listen(SniGateway gateway) throws IOException {
        return doors.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Admission.unlimited("gateway", _ -> {}),
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
