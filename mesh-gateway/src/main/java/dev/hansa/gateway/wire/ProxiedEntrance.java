package dev.hansa.gateway.wire;

import dev.hansa.gateway.route.Refusal;
import java.net.InetAddress;
import java.util.Optional;

/// Where connections come through proxies that say for whom: nobody else is let in, since whoever
/// may say it can say any address. What one source may have is asked when it has been said.
///
/// @param proxies where they are
record ProxiedEntrance(Admission admission, Networks proxies) implements Entrance {
    @Override
    public Optional<Admission.Entry> admits(InetAddress from) {
        if (!proxies.contains(from)) {
            admission.refused(Refusal.NOT_A_PROXY);
            return Optional.empty();
        }
        return admission.admitsProxied(from);
    }

    @Override
    public void acceptFailed(Throwable cause) {
        admission.acceptFailed(cause);
    }
}
