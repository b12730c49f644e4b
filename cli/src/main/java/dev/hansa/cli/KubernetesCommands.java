package dev.hansa.cli;

import dev.hansa.kubernetes.LetGoMain;
import dev.hansa.kubernetes.OperatorConfig;
import dev.hansa.kubernetes.OperatorMain;
import dev.hansa.kubernetes.inject.ConnectInitConfig;
import dev.hansa.kubernetes.inject.ConnectInitMain;
import dev.hansa.kubernetes.inject.InjectorMain;
import dev.hansa.kubernetes.install.BootstrapConfig;
import dev.hansa.kubernetes.install.BootstrapMain;
import dev.hansa.kubernetes.install.GatewayAddressMain;
import dev.hansa.kubernetes.install.GatewayInitMain;
import dev.hansa.kubernetes.install.ServerInitMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `hansa kubernetes`: what runs in a Kubernetes cluster.
final class KubernetesCommands {
    private KubernetesCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        var processes = new ProcessCommands(surroundings.environment());
        return new CommandLine(new Kubernetes())
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "operator",
                                        "Run the operator: custom resources of this cluster become config entries and peerings of a datacenter.",
                                        "hansa kubernetes operator --cluster prod --http-addr https://hansa.example:8501 --cacert ca.pem --token-file operator.token",
                                        OperatorConfig.KEYS,
                                        OperatorMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "injector",
                                        "Run the injector: pods that are to be in the mesh get a sidecar when they are made.",
                                        "hansa kubernetes injector --image hansa:0.1.0 --http-addr https://hansa-server.hansa.svc:8501 --cacert ca.pem",
                                        InjectorMain.KEYS,
                                        InjectorMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "connect-init",
                                        "Let a pod in: log in with its service account's token, wait until a Service has the pod, leave a join token for its sidecar or gateway. The injector runs it.",
                                        "hansa kubernetes connect-init --http-addr https://hansa-server.hansa.svc:8501 --service web --namespace shop --pod web-0 --pod-uid 5b7c",
                                        ConnectInitConfig.KEYS,
                                        ConnectInitMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "bootstrap",
                                        "Make the first token and the HTTP API's certificate, and say who may log in; once, or again.",
                                        "hansa kubernetes bootstrap --http-addr https://hansa-server.hansa.svc:8501 --certificate-dns-names hansa-server.hansa.svc",
                                        BootstrapConfig.KEYS,
                                        BootstrapMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "server-init",
                                        "Before a server of a StatefulSet starts: does it begin the datacenter, join it, or go on?",
                                        "hansa kubernetes server-init --name hansa-server-0 --http-addr https://hansa-server.hansa.svc:8501 --cacert ca.crt",
                                        ServerInitMain.KEYS,
                                        ServerInitMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "gateway-init",
                                        "Before a mesh gateway starts: fetch its join token, and learn where peers reach it.",
                                        "hansa kubernetes gateway-init --service hansa-mesh-gateway --http-addr https://hansa-server.hansa.svc:8501 --cacert ca.crt",
                                        GatewayInitMain.KEYS,
                                        GatewayInitMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "gateway-address",
                                        "Beside a mesh gateway: say in a file where peers reach it, as long as its pod lives.",
                                        "hansa kubernetes gateway-address --service hansa-mesh-gateway",
                                        GatewayAddressMain.KEYS,
                                        GatewayAddressMain::run)))
                .addSubcommand(
                        processes.commandLine(
                                new ProcessCommands.Role(
                                        "let-go",
                                        "Let the objects of namespaces go that no operator watches any more: its finalizer holds them. What they have written stays at the server.",
                                        "hansa kubernetes let-go --namespaces old-team,old-shop",
                                        LetGoMain.KEYS,
                                        LetGoMain::run)));
    }

    @Command(
            name = "kubernetes",
            description = "Run what joins a Kubernetes cluster to a datacenter.",
            footer = "  hansa kubernetes operator --help")
    private static final class Kubernetes extends Main.Group {}
}
