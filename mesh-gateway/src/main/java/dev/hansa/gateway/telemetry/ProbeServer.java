package dev.hansa.gateway.telemetry;

import dev.hansa.gateway.telemetry.PlainDoor.Reply;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/// `/ready`, `/check` and `/check/N` of a sidecar, for a kubelet, which asks from outside of the
/// pod: a word each, so that whoever else reaches the pod learns nothing that he could not see by
/// connecting. The admin port with all that it tells stays on loopback.
public final class ProbeServer {
    private static final String FURTHER = "/check/";

    private final Supplier<String> status;
    private final Supplier<Boolean> applicationsPass;
    private final List<Supplier<Boolean>> further;

    /// @param status as `/health` of the admin port says it
    /// @param applicationsPass whether each application that is asked answers
    /// @param further whether it answers what it is asked besides, from `/check/1` on
    public ProbeServer(
            Supplier<String> status,
            Supplier<Boolean> applicationsPass,
            List<Supplier<Boolean>> further) {
        this.status = status;
        this.applicationsPass = applicationsPass;
        this.further = List.copyOf(further);
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
            case "/check" -> passing(applicationsPass);
            default -> {
                for (var i = 0; i < further.size(); i++) {
                    if (path.equals(FURTHER + (i + 1))) {
                        yield passing(further.get(i));
                    }
                }
                yield Reply.plain(HttpResponseStatus.NOT_FOUND, "expected /ready or /check\n");
            }
        };
    }

    private static Reply passing(Supplier<Boolean> asked) {
        var passes = asked.get();
        return said(passes, passes ? "passing" : "critical");
    }

    private static Reply said(boolean good, String word) {
        return Reply.plain(
                good ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE, word + "\n");
    }
}
