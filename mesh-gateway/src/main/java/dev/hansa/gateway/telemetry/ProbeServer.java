package dev.hansa.gateway.telemetry;

import dev.hansa.gateway.telemetry.PlainDoor.Reply;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/// `/ready` and `/check` of a sidecar, for a kubelet, which asks from outside of the pod: a word
/// each, so that whoever else reaches the pod learns nothing that he could not see by connecting.
/// The admin port with all that it tells stays on loopback.
public final class ProbeServer {
    private final Supplier<String> status;
    private final Supplier<Boolean> applicationsPass;

    /// @param status as `/health` of the admin port says it
    /// @param applicationsPass whether each application that is asked answers
    public ProbeServer(Supplier<String> status, Supplier<Boolean> applicationsPass) {
        this.status = status;
        this.applicationsPass = applicationsPass;
    }

    /// @throws IOException naming the address when it cannot be bound
    public void listen(Doors doors, InetSocketAddress address, Admission admission)
            throws IOException {
        PlainDoor.open(doors, address, admission, this::reply);
    }

    private Reply reply(String path) {
        return switch (path) {
            case "/ready" -> {
                var now = status.get();
                yield said(now.equals("passing"), now);
            }
            case "/check" -> {
                var passes = applicationsPass.get();
                yield said(passes, passes ? "passing" : "critical");
            }
            default -> Reply.plain(HttpResponseStatus.NOT_FOUND, "expected /ready or /check\n");
        };
    }

    private static Reply said(boolean good, String word) {
        return Reply.plain(
                good ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE, word + "\n");
    }
}
