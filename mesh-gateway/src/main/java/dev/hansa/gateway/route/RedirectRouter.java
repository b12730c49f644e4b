package dev.hansa.gateway.route;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.failover.VirtualServices;
import dev.hansa.gateway.route.RedirectDecision.PassThrough;
import dev.hansa.gateway.route.RedirectDecision.Refuse;
import dev.hansa.gateway.route.RedirectDecision.ToService;
import java.net.InetSocketAddress;
import java.util.Optional;

/// Decides by the address that an application dialled. The port of a virtual address says nothing,
/// as in Consul: it stands for a service, and a service has one. That of an address of Kubernetes
/// does: behind another port of the same Service is something else.
public final class RedirectRouter {
    private RedirectRouter() {}

    /// @param dialled before the kernel redirected it; empty: it cannot be known
    /// @param arrived where the connection was taken
    /// @param snapshot empty: none yet
    public static RedirectDecision decide(
            Optional<InetSocketAddress> dialled,
            InetSocketAddress arrived,
            Optional<RouteSnapshot> snapshot) {
        if (dialled.isEmpty() || dialled.get().equals(arrived)) {
            // passed on it would come here again
            return new Refuse(
                    Refusal.NOT_REDIRECTED,
                    "expected a connection that was redirected here; found one that dialled "
                            + text(arrived)
                            + " itself");
        }
        var known = snapshot.flatMap(RouteSnapshot::virtual);
        if (known.isEmpty()) {
            return new Refuse(
                    Refusal.NO_ROUTES_YET,
                    "connection to "
                            + text(dialled.get())
                            + ": it is not known yet which services have virtual addresses");
        }
        return VirtualAddress.of(dialled.get().getAddress())
                .map(address -> toService(address, known.get()))
                .orElseGet(() -> elsewhere(dialled.get(), known.get()));
    }

    /// No network has such an address, so that there is nowhere to pass it on to.
    private static RedirectDecision toService(VirtualAddress address, VirtualServices known) {
        var upstream = known.services().get(address);
        return upstream == null
                ? new Refuse(
                        Refusal.UNKNOWN_DESTINATION,
                        "virtual address "
                                + address
                                + ": expected one of the "
                                + known.services().size()
                                + " that stand for a service; found another")
                : new ToService(upstream);
    }

    private static RedirectDecision elsewhere(InetSocketAddress dialled, VirtualServices known) {
        var where = new Endpoint(dialled.getAddress().getHostAddress(), dialled.getPort());
        var shown = known.clusterIps().get(where);
        if (shown != null) {
            return new ToService(shown);
        }
        return known.meshDestinationsOnly()
                ? new Refuse(
                        Refusal.MESH_DESTINATIONS_ONLY,
                        "connection to "
                                + text(dialled)
                                + ": expected a service of the mesh, to which the entry 'mesh' keeps"
                                + " its applications (TransparentProxy.MeshDestinationsOnly); found"
                                + " another destination")
                : new PassThrough(where);
    }

    private static String text(InetSocketAddress address) {
        return Endpoint.text(address.getAddress().getHostAddress(), address.getPort());
    }
}
