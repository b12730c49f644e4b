package dev.hansa.cli;

import dev.hansa.kubernetes.OperatorConfig;
import dev.hansa.kubernetes.OperatorMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `hansa kubernetes`: what runs in a Kubernetes cluster.
final class KubernetesCommands {
    private KubernetesCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return new CommandLine(new Kubernetes())
                .addSubcommand(
                        new ProcessCommands(surroundings.environment())
                                .commandLine(
                                        new ProcessCommands.Role(
                                                "operator",
                                                "Run the operator: custom resources of this cluster become config entries and peerings of a datacenter.",
                                                "hansa kubernetes operator --cluster prod --http-addr https://hansa.example:8501 --cacert ca.pem --token-file operator.token",
                                                OperatorConfig.KEYS,
                                                OperatorMain::run)));
    }

    @Command(
            name = "kubernetes",
            description = "Run what joins a Kubernetes cluster to a datacenter.",
            footer = "  hansa kubernetes operator --help")
    private static final class Kubernetes extends Main.Group {}
}
