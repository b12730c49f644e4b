package dev.hansa.cli.agent;

import dev.hansa.peering.api.ServiceFile.Sidecar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// Where sidecars listen that were not told: the same ports after a restart, since others hold on
/// to them for as long as no server tells them of others.
final class SidecarPorts {
    /// As Consul's agents choose them.
    private static final int FIRST_MESH = 21000;

    private static final int FIRST_ADMIN = 19100;

    /// Of each.
    private static final int COUNT = 256;

    private final Path folder;

    SidecarPorts(Path folder) {
        this.folder = folder;
    }

    Path folder() {
        return folder;
    }

    /// @param home of the sidecar of `id`
    /// @throws IOException when none is free
    synchronized SidecarHome.Ports of(String id, Sidecar sidecar, SidecarHome home)
            throws IOException {
        var before = home.ports();
        var isFixed = sidecar.port() != 0;
        if (before.isPresent() && (!isFixed || before.get().mesh() == sidecar.port())) {
            return before.get();
        }
        var mesh = new HashSet<Integer>();
        var admin = new HashSet<Integer>();
        for (var taken : SidecarHome.taken(folder).values()) {
            mesh.add(taken.mesh());
            admin.add(taken.admin());
        }
        var ports =
                new SidecarHome.Ports(
                        isFixed ? sidecar.port() : free(id, FIRST_MESH, mesh),
                        before.isPresent() ? before.get().admin() : free(id, FIRST_ADMIN, admin));
        home.ports(ports);
        return ports;
    }

    private static int free(String id, int first, Set<Integer> taken) throws IOException {
        for (var port = first; port < first + COUNT; port++) {
            if (!taken.contains(port) && isFree(port)) {
                return port;
            }
        }
        throw new IOException(
                "sidecar of '"
                        + id
                        + "': expected a free port from "
                        + first
                        + " to "
                        + (first + COUNT - 1)
                        + "; found none");
    }

    /// On any address of this machine.
    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress((InetAddress) null, port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
