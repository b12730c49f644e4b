package dev.hansa.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa join-token`: what a gateway, a sidecar or another server needs to get its first
/// certificate.
@Command(
        name = "join-token",
        description =
                "Make a token with which a gateway, a sidecar or a server joins this datacenter.",
        footer = "  hansa join-token --service frontend --ttl 24h --out frontend.token")
final class JoinTokenCommand extends ClientCommand {
    @Option(
            names = "--service",
            arity = "1..*",
            paramLabel = "NAME",
            description = "Services whose sidecars may join with it.")
    private List<String> services = List.of();

    @Option(names = "--mesh-gateway", description = "A mesh gateway may join with it.")
    private boolean meshGateway;

    @Option(
            names = "--server",
            description =
                    "Another server of this datacenter may join with it; it gets the datacenter's keys.")
    private boolean server;

    @Option(
            names = "--ttl",
            paramLabel = "DURATION",
            description = "How long it may be used (default: ${DEFAULT-VALUE}).")
    private String ttl = "24h";

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Write it to FILE, readable by the owner alone, instead of printing it.")
    private @Nullable Path out;

    JoinTokenCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void run(ApiClient api, PrintWriter printed)
            throws CommandFailedException, InterruptedException {
        if (services.isEmpty() && !meshGateway && !server) {
            throw usage(
                    "join-token: expected --service NAME, --mesh-gateway or --server; found none");
        }
        var body = Json.object();
        var names = body.putArray("Services");
        services.forEach(names::add);
        body.put("MeshGateway", meshGateway).put("TTL", ttl);
        if (server) {
            body.put("Server", true);
        }
        if (out == null) {
            printed.println(issue(api, body));
            return;
        }
        try (var file = OwnerFile.at("join token", out)) {
            file.write(issue(api, body));
        }
        printed.println("Join token written: " + out);
    }

    private static String issue(ApiClient api, ObjectNode body)
            throws CommandFailedException, InterruptedException {
        return text(Json.read(api.must("POST", "/v1/hansa/join-token", body)), "JoinToken");
    }
}
