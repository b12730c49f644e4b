package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The settings of a sidecar of one service; beside them its join token is expected as
/// `<name>.token`, and its data directory comes to be.
///
/// @param host of its listener for mutual TLS, on port 20000, and of its upstream's
/// @param admin of `/health`, on port 19000
/// @param application which it checks and serves, as `host:port`
/// @param upstream as the setting `upstreams`; empty: none
record SidecarFile(
        String name,
        String service,
        String host,
        String admin,
        String application,
        String upstream) {
    /// @return the file
    Path write(Path folder) throws IOException {
        var key = "service." + service + ".";
        var settings =
                new ArrayList<>(
                        List.of(
                                "node-name = " + name,
                                "join-token-file = " + folder.resolve(name + ".token"),
                                "data-dir = " + folder.resolve(name),
                                "admin.address = " + admin + ":19000",
                                "services = " + service,
                                key + "address = " + application,
                                key + "listen = " + host + ":20000",
                                key + "check = tcp"));
        if (!upstream.isEmpty()) {
            settings.add(key + "upstreams = " + upstream);
            settings.add(key + "upstream-address = " + host);
        }
        return Files.write(folder.resolve(name + ".properties"), settings);
    }
}
