package dev.hansa.cli;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;

/// What [TrainingRun] starts once under `-XX:AOTCacheOutput` (JEP 514), beside its server: commands
/// that ask and end. The classes that they load, later commands take ready made from a cache of
/// their own, which is a fraction of what a server needs and costs little to map.
final class TrainingCommands {
    private static final List<List<String>> COMMANDS =
            List.of(
                    List.of("catalog", "services"),
                    List.of("catalog", "nodes", "-detailed"),
                    List.of("peering", "list"),
                    List.of("peering", "list", "-format", "json"),
                    List.of("config", "list", "-kind", "mesh"),
                    List.of("intention", "list"),
                    List.of("explain", "echo"),
                    List.of("failover", "status"),
                    List.of("operator", "raft", "list-peers"),
                    List.of("--help"));

    private TrainingCommands() {}

    /// @param arguments the address of a server's HTTP API
    public static void main(String[] arguments) {
        var surroundings =
                new Surroundings(
                        InputStream.nullInputStream(),
                        new PrintWriter(Writer.nullWriter()),
                        new PrintWriter(Writer.nullWriter()),
                        Map.of("HANSA_HTTP_ADDR", arguments[0]));
        for (var command : COMMANDS) {
            var status = Main.run(surroundings, command.toArray(String[]::new));
            if (status != 0) {
                System.err.println(
                        "training of commands: the cache goes without one: "
                                + command
                                + " ended with status "
                                + status);
            }
        }
    }
}
