package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Closer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// The same where the kernel forbids pipes between sockets, in one of three ways on each loop: all
/// is copied.
@EnabledOnOs(OS.LINUX)
class CopiedRelayBytesTest extends RelayBytesContract {
    private static final int EPERM = 1;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;

    private final Queue<Integer> refusals =
            new ConcurrentLinkedQueue<>(List.of(EPERM, EINVAL, ENOSYS));
    private final Closer closer = new Closer();
    private final RawTransport raw = closer.add(new RawTransport(refusals.size()));
    private final Set<Thread> forbidden = ConcurrentHashMap.newKeySet();

    @Override
    InetSocketAddress listen(SniGateway gateway) throws IOException {
        return closer.add(
                        raw.listen(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                true,
                                Admission.unlimited("gateway", _ -> {}),
                                accepted -> {
                                    if (forbidden.add(Thread.currentThread())) {
                                        ForbiddenSplice.here(refusals.remove());
                                    }
                                    gateway.accept(accepted);
                                }))
                .address();
    }

    @AfterEach
    @Override
    void close() throws Exception {
        closer.close();
        super.close();
        assertThat(refusals).as("each way was met").isEmpty();
    }
}
