package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.PeeringService;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A real server in this process, alone in its datacenter, with all its ports on loopback.
public final class RealServer implements AutoCloseable {
    private static final String HERE = "127.0.0.1:";

    private final PeeringService server;
    private final String address;
    private final String admin;

    private RealServer(PeeringService server, String address, String admin) {
        this.server = server;
        this.address = address;
        this.admin = admin;
    }

    /// Answers when this returns.
    ///
    /// @param settings beside the datacenter's name and addresses
    public static RealServer start(String datacenter, Path folder, Map<String, String> settings)
            throws Exception {
        var ports = FreePorts.some(4);
        var all =
                new HashMap<>(
                        Map.of(
                                "datacenter",
                                datacenter,
                                "data-dir",
                                folder.resolve(datacenter).toString(),
                                "http.address",
                                HERE + ports.get(0),
                                "proxy.address",
                                HERE + ports.get(1),
                                "peer.address",
                                HERE + ports.get(2),
                                "admin.address",
                                HERE + ports.get(3),
                                "dns.address",
                                HERE + "0"));
        all.putAll(settings);
        var config = PeeringServiceConfig.read(Settings.of(all, Map.of(), Optional.empty()));
        var started =
                new RealServer(
                        PeeringService.start(config, Clock.systemUTC()),
                        all.getOrDefault("http.address", HERE + ports.get(0)),
                        HERE + ports.get(3));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> {
                    var said = started.hansa("ca", "status");
                    // with access control nobody may ask yet
                    return said.status() == 0 || said.err().contains("Permission denied");
                });
        return started;
    }

    public String url() {
        return "http://" + address;
    }

    /// Where its metrics are.
    String adminUrl() {
        return "http://" + admin;
    }

    Ran hansa(String... words) {
        return Ran.hansa(Map.of("HANSA_HTTP_ADDR", address), "", words);
    }

    /// A config entry, as an operator writes it.
    void write(String entry) {
        var ran = Ran.hansa(Map.of("HANSA_HTTP_ADDR", address), entry, "config", "write", "-");
        assertThat(ran.status()).as(ran.err()).isZero();
    }

    @Override
    public void close() throws Exception {
        server.close();
    }
}
