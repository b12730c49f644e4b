package dev.hansa.cli;

import dev.hansa.bootstrap.Settings;
import dev.hansa.cli.demo.DemoCommand;
import dev.hansa.cli.demo.ShopCommand;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// The one executable, `hansa`. Exit status: 0 done, 1 failed, 2 not understood.
public final class Main {
    private static final Set<String> HELP = Set.of("-h", "-help", "--help");

    /// What runs until it is told to stop, with threads of many libraries.
    private static final Set<String> PROCESSES =
            Set.of("server", "gateway", "sidecar", "agent", "demo", "shop", "kubernetes");

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (List.of(arguments).contains(ParentWatch.FLAG)) {
            // first of all: a parent that dies while its children start must not wait for them
            ParentWatch.start();
        }
        var status = run(Surroundings.ofProcess(), arguments);
        ApiClient.endAll();
        if (status != 0 || arguments.length == 0 || PROCESSES.contains(arguments[0])) {
            System.exit(status);
        }
        // no command leaves a thread that the JVM would wait for; and an exit looks for somebody to
        // log it, in every jar where nothing else has
    }

    static int run(Surroundings surroundings, String... arguments) {
        Logging.use();
        // or each start would look for Groovy and for a library of colours in every jar
        System.setProperty("picocli.disable.closures", "true");
        System.setProperty("org.fusesource.jansi.Ansi.disable", "true");
        var line = commandLine(surroundings, arguments);
        var status = line.execute(Words.of(line, arguments));
        surroundings.out().flush();
        surroundings.err().flush();
        return status;
    }

    /// The whole of it.
    static CommandLine commandLine(Surroundings surroundings) {
        return commandLine(surroundings, commands(surroundings).values());
    }

    /// All commands by their names. Making one reads its annotations, which takes longer than most
    /// take to run: only the one that is asked for is made.
    static Map<String, Supplier<Object>> commands(Surroundings surroundings) {
        var processes = new ProcessCommands(surroundings.environment());
        var all = new LinkedHashMap<String, Supplier<Object>>();
        all.put("server", processes::server);
        all.put("gateway", processes::gateway);
        all.put("sidecar", processes::sidecar);
        all.put("agent", processes::agent);
        all.put("demo", DemoCommand::new);
        all.put("shop", ShopCommand::new);
        all.put("kubernetes", () -> KubernetesCommands.commandLine(surroundings));
        all.put("peering", () -> PeeringCommands.commandLine(surroundings));
        all.put("peer", () -> new PeerCommand(surroundings));
        all.put("profile", () -> ProfileCommands.commandLine(surroundings));
        all.put("config", () -> ConfigCommands.commandLine(surroundings));
        all.put("intention", () -> IntentionCommands.commandLine(surroundings));
        all.put("services", () -> ServiceCommands.commandLine(surroundings));
        all.put("catalog", () -> CatalogCommands.commandLine(surroundings));
        all.put("explain", () -> new ExplainCommand(surroundings));
        all.put("events", () -> new EventsCommand(surroundings));
        all.put("failover", () -> FailoverCommands.commandLine(surroundings));
        all.put("join-token", () -> new JoinTokenCommand(surroundings));
        all.put("connect", () -> ConnectCommands.commandLine(surroundings));
        all.put("ca", () -> CaCommands.commandLine(surroundings));
        all.put("acl", () -> AclCommands.commandLine(surroundings));
        all.put("login", () -> new LoginCommands.Login(surroundings));
        all.put("logout", () -> new LoginCommands.Logout(surroundings));
        all.put("monitor", () -> new MonitorCommand(surroundings));
        all.put("debug", () -> new DebugCommand(surroundings));
        all.put("members", () -> new MembersCommand(surroundings));
        all.put("operator", () -> OperatorCommands.commandLine(surroundings));
        all.put("audit", () -> AuditCommands.commandLine(surroundings));
        all.put("snapshot", () -> SnapshotCommands.commandLine(surroundings));
        all.put("doctor", () -> new DoctorCommand(surroundings));
        all.put("completion", () -> new CompletionCommand(surroundings));
        all.put("version", () -> new VersionCommand(surroundings));
        return all;
    }

    private static CommandLine commandLine(Surroundings surroundings, String... arguments) {
        var all = commands(surroundings);
        var asked = arguments.length == 0 ? null : all.get(arguments[0]);
        // a group's help lists all that it has
        var words =
                Stream.of(arguments).anyMatch(HELP::contains)
                        ? Set.<String>of()
                        : Set.copyOf(List.of(arguments));
        return ScopedValue.where(Branch.WORDS, words)
                .call(() ->
                        commandLine(surroundings, asked == null ? all.values() : List.of(asked)));
    }

    private static CommandLine commandLine(
            Surroundings surroundings, Collection<Supplier<Object>> commands) {
        var line = new CommandLine(new Root());
        commands.forEach(command -> line.addSubcommand(command.get()));
        if (commands.size() > 1) {
            HelpGroups.on(line);
        }
        return line.setOut(surroundings.out())
                .setErr(surroundings.err())
                .setPosixClusteredShortOptionsAllowed(false)
                .setOverwrittenOptionsAllowed(false)
                .setAbbreviatedOptionsAllowed(false)
                // @FILE is the value of an option, and never words of the command line
                .setExpandAtFiles(false)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(Main::misunderstood)
                .setExecutionExceptionHandler(Main::failed);
    }

    private static int misunderstood(ParameterException problem, String[] arguments) {
        var line = problem.getCommandLine();
        var name = line.getCommandSpec().qualifiedName();
        line.getErr()
                .println(
                        "hansa: "
                                + PlainText.of(sentence(problem))
                                + "; see '"
                                + name
                                + " --help'");
        line.getErr().flush();
        return CommandLine.ExitCode.USAGE;
    }

    private static String sentence(ParameterException problem) {
        // a mistyped flag leaves the right one missing: what was typed says more
        var unmatched =
                problem instanceof UnmatchedArgumentException words
                        ? words.getUnmatched()
                        : problem.getCommandLine().getUnmatchedArguments();
        if (!unmatched.isEmpty()) {
            var found = Words.named(unmatched.getFirst());
            var spec = problem.getCommandLine().getCommandSpec();
            var isFlag = found.startsWith("-");
            var known =
                    isFlag
                            ? spec.optionsMap().keySet().stream()
                                    .filter(name -> name.startsWith("--"))
                                    .toList()
                            : List.copyOf(spec.subcommands().keySet());
            var expected =
                    isFlag ? "a known flag" : known.isEmpty() ? "no more words" : "a command";
            var bare = found.contains("=") ? found.substring(0, found.indexOf('=')) : found;
            var notTaken = notTaken(spec.qualifiedName(), bare, isFlag);
            if (notTaken.isPresent()) {
                return notTaken.get();
            }
            return spec.qualifiedName()
                    + ": expected "
                    + expected
                    + "; found '"
                    + bare
                    + "'"
                    + Settings.Nearest.to(bare, known)
                            .map(near -> "; did you mean '" + near + "'?")
                            .orElse("");
        }
        var message = String.valueOf(problem.getMessage());
        return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
    }

    /// What is known from Consul's commands and not taken here is not a slip of the fingers.
    private static Optional<String> notTaken(String command, String found, boolean isFlag) {
        var words = command.replaceFirst("^hansa ?", "");
        return (isFlag
                        ? NotTaken.flag(words, found)
                        : NotTaken.command((words + " " + found).strip()))
                .map(why ->
                        command
                                + ": expected what hansa has of Consul's; found '"
                                + found
                                + "', which it has not: "
                                + why);
    }

    private static int failed(
            Exception problem, CommandLine line, CommandLine.@Nullable ParseResult parsed) {
        var sentence =
                switch (problem) {
                    case CommandFailedException known -> known.getMessage();
                    case InterruptedException _ -> {
                        Thread.currentThread().interrupt();
                        yield line.getCommandSpec().qualifiedName() + ": interrupted";
                    }
                    default ->
                            line.getCommandSpec().qualifiedName()
                                    + ": expected to succeed; found '"
                                    + problem.getClass().getSimpleName()
                                    + ": "
                                    + problem.getMessage()
                                    + "'";
                };
        line.getErr().println("hansa: " + PlainText.of(String.valueOf(sentence)));
        line.getErr().flush();
        return CommandLine.ExitCode.SOFTWARE;
    }

    /// Run without a command, a group says what there is.
    abstract static class Group implements Runnable {
        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this text.")
        private boolean help;

        @Spec private @Nullable CommandSpec spec;

        @Override
        public void run() {
            if (spec == null) {
                throw new IllegalStateException("command: expected to be run by picocli");
            }
            var names = String.join(", ", spec.subcommands().keySet());
            throw new ParameterException(
                    spec.commandLine(),
                    spec.qualifiedName() + ": expected a command (" + names + "); found none");
        }
    }

    @Command(
            name = "hansa",
            versionProvider = VersionCommand.Provider.class,
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            commandListHeading = "%nCommands:%n",
            footerHeading = "%nExample:%n",
            description =
                    "Joins clusters that share no network and no operator: peering, mesh gateways, failover.",
            footer = {
                "  hansa demo          see two datacenters peer and fail over",
                "  hansa COMMAND -h    what a command takes"
            })
    private static final class Root extends Group {
        @Option(names = "--version", versionHelp = true, description = "Print the version.")
        private boolean version;
    }
}
