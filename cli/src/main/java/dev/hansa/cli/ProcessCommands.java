package dev.hansa.cli;

import dev.hansa.bootstrap.Settings;
import dev.hansa.cli.agent.AgentConfig;
import dev.hansa.cli.agent.AgentMain;
import dev.hansa.gateway.GatewayConfig;
import dev.hansa.gateway.MeshGatewayMain;
import dev.hansa.gateway.SidecarConfig;
import dev.hansa.gateway.SidecarMain;
import dev.hansa.peering.PeeringServiceMain;
import dev.hansa.peering.config.PeeringServiceConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `hansa server`, `hansa gateway`, `hansa sidecar`, `hansa agent`: each setting is a flag, an
/// environment variable and a line of a file, made from the list of keys that the process itself
/// declares.
final class ProcessCommands {
    /// `service.S.address`: one for each service, so not a flag of its own.
    private static final Pattern TEMPLATE = Pattern.compile("(^|.*\\.)[A-Z]+(\\..*|$)");

    private final Map<String, String> environment;

    /// @param main takes the settings, returns the exit status when the process is to end
    record Role(
            String name,
            String purpose,
            String example,
            List<Settings.Key> keys,
            ToIntFunction<Settings> main) {
        Role {
            keys = List.copyOf(keys);
        }
    }

    ProcessCommands(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    CommandLine server() {
        return commandLine(
                new Role(
                        "server",
                        "Run a datacenter's peering service: catalog, certificates, config entries, peerings, routes.",
                        "hansa server --datacenter eks --data-dir /var/lib/hansa",
                        PeeringServiceConfig.KEYS,
                        PeeringServiceMain::run));
    }

    CommandLine gateway() {
        return commandLine(
                new Role(
                        "gateway",
                        "Run a mesh gateway: relays TLS between datacenters by name, without ending it.",
                        "hansa gateway --join-token-file gateway.token --listen 10.1.0.2:8443 --wan-address 192.0.2.1:8443",
                        GatewayConfig.KEYS,
                        MeshGatewayMain::run));
    }

    CommandLine sidecar() {
        return commandLine(
                new Role(
                        "sidecar",
                        "Run the sidecars of one or more services: mutual TLS in, upstreams by local port out.",
                        "hansa sidecar --join-token-file frontend.token --services frontend --set service.frontend.address=127.0.0.1:8080",
                        SidecarConfig.KEYS,
                        SidecarMain::run));
    }

    CommandLine agent() {
        return commandLine(
                new Role(
                        "agent",
                        "Run a machine's agent: its services from files into the catalog, with their checks and sidecars.",
                        "hansa agent --address 192.0.2.7 --http-addr https://server.example:8501 --cacert ca.pem --token-file agent.token",
                        AgentConfig.KEYS,
                        AgentMain::run));
    }

    CommandLine commandLine(Role role) {
        var command = new Command(role);
        var spec = CommandSpec.wrapWithoutInspection(command).name(role.name());
        spec.usageMessage()
                .synopsisHeading("Usage: ")
                .abbreviateSynopsis(true)
                .descriptionHeading("%n")
                .description(role.purpose().replace("%", "%%"))
                .optionListHeading("%nOptions:%n")
                .sortOptions(false)
                .footerHeading("%n")
                .footer(footer(role));
        role.keys().stream()
                .filter(key -> !isTemplate(key))
                .forEach(key ->
                        spec.addOption(
                                OptionSpec.builder("--" + key.flag())
                                        .paramLabel(key.value())
                                        .arity("1")
                                        .type(String.class)
                                        .description(key.text().replace("%", "%%"))
                                        .build()));
        spec.addOption(
                OptionSpec.builder("--set")
                        .paramLabel("KEY=VALUE")
                        .type(Map.class)
                        .auxiliaryTypes(String.class, String.class)
                        .arity("1")
                        .description("any setting by its key; may be repeated")
                        .build());
        spec.addOption(
                OptionSpec.builder("--config")
                        .paramLabel("FILE")
                        .type(Path.class)
                        .arity("1")
                        .description("settings as 'key = value' lines")
                        .build());
        spec.addOption(
                OptionSpec.builder(ParentWatch.FLAG).hidden(true).type(boolean.class).build());
        spec.addOption(
                OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .type(boolean.class)
                        .description("show this text")
                        .build());
        var line = new CommandLine(spec);
        command.line = Optional.of(line);
        return line;
    }

    /// What picocli calls; it learns its own command line after that was made from it.
    private final class Command implements Callable<Integer> {
        private final Role role;
        private Optional<CommandLine> line = Optional.empty();

        Command(Role role) {
            this.role = role;
        }

        @Override
        public Integer call() {
            return start(role, line.orElseThrow().getParseResult());
        }
    }

    private static String[] footer(Role role) {
        var templates =
                role.keys().stream()
                        .filter(ProcessCommands::isTemplate)
                        .map(key -> "  %s=%s  %s".formatted(key.name(), key.value(), key.text()))
                        .toList();
        var lines = new ArrayList<String>();
        lines.add(
                "A flag beats its environment variable (HANSA_HTTP_ADDRESS for http.address), which beats the file.");
        if (!templates.isEmpty()) {
            lines.add("");
            lines.add("In the file or by --set, S standing for a service:");
            lines.addAll(templates);
        }
        lines.add("");
        lines.add("Example:");
        lines.add("  " + role.example());
        return lines.stream().map(line -> line.replace("%", "%%")).toArray(String[]::new);
    }

    private static boolean isTemplate(Settings.Key key) {
        return TEMPLATE.matcher(key.name()).matches();
    }

    private int start(Role role, CommandLine.ParseResult parsed) {
        var flags = new HashMap<String, String>();
        parsed.<Map<String, String>>matchedOptionValue("--set", Map.of()).forEach(flags::put);
        for (var key : role.keys()) {
            var option = "--" + key.flag();
            if (!isTemplate(key) && parsed.hasMatchedOption(option)) {
                flags.put(key.name(), parsed.matchedOptionValue(option, ""));
            }
        }
        var file = Optional.ofNullable(parsed.<Path>matchedOptionValue("--config", null));
        NameLookups.rememberBriefly();
        return role.main().applyAsInt(Settings.of(flags, environment, file));
    }
}
