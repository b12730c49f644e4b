package dev.hansa.cli.demo;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `hansa demo`.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        synopsisHeading = "Usage: ",
        footer = {"", "Example:", "  hansa demo --once --report r.json"},
        description =
                "Start two datacenters, eks and lke, peer them, and show a failover, step by step.")
public final class DemoCommand implements Callable<Integer> {
    private static final String NETWORK = "\\d{1,3}(\\.\\d{1,3}){2}";

    @Option(
            names = "--once",
            description = "End after the last step; exit 0 only if every step held.")
    private boolean once;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write what was measured to FILE as JSON.")
    private @Nullable Path report;

    @Option(
            names = "--eks-network",
            paramLabel = "A.B.C",
            description = "Where eks has its addresses (default 127.1.0; 10.1.0 in namespaces).")
    private @Nullable String eksNetwork;

    @Option(
            names = "--lke-network",
            paramLabel = "A.B.C",
            description = "Where lke has its addresses (default 127.2.0; 10.2.0 in namespaces).")
    private @Nullable String lkeNetwork;

    @Option(
            names = "--in-namespaces",
            description = "Give each datacenter a network namespace of its own (Linux, root).")
    private boolean inNamespaces;

    @Option(names = "--keep", description = "Leave logs and data in place at the end.")
    private boolean keep;

    @Option(
            names = "--up-to",
            paramLabel = "STEP",
            description = "Tell the story up to this step, e.g. order, and stay up there.")
    private @Nullable String upTo;

    @Option(
            names = "--default-deny",
            description =
                    "Deny what no intention allows, as an installation does; the story writes the intentions that it needs.")
    private boolean defaultDeny;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        return Demo.run(
                new DemoOptions(
                        once,
                        Optional.ofNullable(report),
                        network("--eks-network", eksNetwork, inNamespaces ? "10.1.0" : "127.1.0"),
                        network("--lke-network", lkeNetwork, inNamespaces ? "10.2.0" : "127.2.0"),
                        inNamespaces,
                        keep,
                        Optional.ofNullable(upTo),
                        defaultDeny));
    }

    private String network(String option, @Nullable String text, String fallback) {
        var network = text == null ? fallback : text;
        if (!network.matches(NETWORK) && spec != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    option
                            + ": expected three numbers such as "
                            + fallback
                            + "; found '"
                            + network
                            + "'");
        }
        return network;
    }
}
