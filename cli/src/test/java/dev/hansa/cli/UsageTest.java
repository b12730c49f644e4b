package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class UsageTest {
    @Test
    void mistakesEndWithTwoAndOneSentence() {
        assertThat(hansa("peerin", "list"))
                .isEqualTo(
                        new Ran(
                                2,
                                "",
                                "hansa: hansa: expected a command; found 'peerin'; did you mean 'peering'?; see 'hansa --help'\n"));
        assertThat(hansa("peering", "read", "-nam", "x").err())
                .contains("'--nam'", "--name", "see 'hansa peering read --help'");
        assertThat(hansa("peering", "list", "-formt", "json"))
                .isEqualTo(
                        new Ran(
                                2,
                                "",
                                "hansa: hansa peering list: expected a known flag; found '--formt'; did you mean '--format'?; see 'hansa peering list --help'\n"));
        assertThat(hansa("peering").err())
                .contains(
                        "expected a command (generate-token, establish, revoke-token, list, read, delete, exported-services)");
        for (var mistake :
                List.of(
                        List.of(),
                        List.of("peering"),
                        List.of("peering", "read"),
                        List.of("peering", "list", "-format", "xml"),
                        List.of("peering", "establish", "-name", "x"),
                        List.of("config", "write"),
                        List.of("explain"),
                        List.of("failover"),
                        List.of("config", "write", "f", "-cas"),
                        List.of("services", "register"),
                        List.of("join-token"),
                        List.of("catalog", "services", "extra"),
                        List.of("server", "--datacentre", "eks"))) {
            var ran = hansa(mistake.toArray(String[]::new));
            assertThat(ran.status()).as(mistake + " " + ran.err()).isEqualTo(2);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err().lines()).as(ran.err()).hasSize(1);
        }
    }

    @Test
    void everyCommandHelpsWithAnExample() {
        help(List.of(), Main.commandLine(Surroundings.ofProcess()));
    }

    /// Of the command that is asked for none is made but that one.
    @Test
    void commandsAreKnownByTheirNames() {
        var surroundings = Surroundings.ofProcess();

        assertThat(Main.commands(surroundings).keySet())
                .isEqualTo(Main.commandLine(surroundings).getSubcommands().keySet());
    }

    @Test
    void helpHasEachCommandUnderOneHeading() {
        var shown =
                Main.commandLine(Surroundings.ofProcess()).getSubcommands().entrySet().stream()
                        .filter(one -> !one.getValue().getCommandSpec().usageMessage().hidden())
                        .map(Map.Entry::getKey)
                        .toList();

        assertThat(HelpGroups.GROUPS.values().stream().flatMap(List::stream).toList())
                .containsExactlyInAnyOrderElementsOf(shown);
        var help = hansa("--help").out();
        assertThat(help).contains(HelpGroups.GROUPS.keySet()).doesNotContain("Commands:");
        for (var command : shown) {
            assertThat(help).containsPattern("(?m)^  " + command + " ");
        }
    }

    /// A row for each command that has commands to run, with those and no others.
    @Test
    void manualHasEveryCommand() throws IOException {
        var rows = new TreeMap<String, List<String>>();
        Pattern.compile("(?m)^\\| `(hansa [a-z -]+)` \\| ([^|]*?) ?\\| [^|]+ \\|$")
                .matcher(Files.readString(Path.of("../docs/OPERATIONS.md")))
                .results()
                .forEach(row ->
                        rows.put(
                                row.group(1),
                                row.group(2).isEmpty()
                                        ? List.of()
                                        : Stream.of(row.group(2).split(", "))
                                                .map(name -> name.replace("`", ""))
                                                .toList()));
        var commands = new TreeMap<String, List<String>>();
        Main.commandLine(Surroundings.ofProcess())
                .getSubcommands()
                .forEach((name, line) -> gather("hansa " + name, line, commands));

        assertThat(rows).isEqualTo(commands);
    }

    private static void gather(String path, CommandLine line, Map<String, List<String>> commands) {
        var ends =
                line.getSubcommands().entrySet().stream()
                        .filter(one -> one.getValue().getSubcommands().isEmpty())
                        .map(Map.Entry::getKey)
                        .toList();
        if (line.getSubcommands().isEmpty() || !ends.isEmpty()) {
            commands.put(path, ends);
        }
        line.getSubcommands()
                .forEach((name, command) -> {
                    if (!command.getSubcommands().isEmpty()) {
                        gather(path + " " + name, command, commands);
                    }
                });
    }

    private static void help(List<String> words, CommandLine line) {
        var arguments = new ArrayList<>(words);
        arguments.add("--help");
        var ran = hansa(arguments.toArray(String[]::new));
        assertThat(ran.status()).isZero();
        assertThat(ran.out()).contains("Usage: ").contains("--help");
        if (line.getSubcommands().isEmpty()) {
            assertThat(ran.out()).contains("Example:\n  hansa " + String.join(" ", words));
        }
        line.getSubcommands()
                .forEach((name, command) -> {
                    var deeper = new ArrayList<>(words);
                    deeper.add(name);
                    help(deeper, command);
                });
    }

    @Test
    void versionIsPrinted() {
        assertThat(hansa("version").out()).startsWith("Hansa ");
        assertThat(hansa("--version").out()).isEqualTo(hansa("version").out());
    }

    @Test
    void settingsComeFromFlagsEnvironmentAndFile(@TempDir Path folder) throws IOException {
        var file =
                Files.writeString(
                        folder.resolve("c"), "http.address = 127.0.0.1:1\nnode-name = n\n");
        var read = new ArrayList<String>();
        var keys =
                List.of(
                        new Settings.Key("http.address", "HOST:PORT", "where"),
                        new Settings.Key("service.S.address", "HOST:PORT", "the application"));
        var role =
                new ProcessCommands.Role(
                        "thing",
                        "Run it.",
                        "hansa thing",
                        keys,
                        settings -> {
                            read.add(settings.text("http.address", ""));
                            read.add(settings.text("node-name", ""));
                            read.add(settings.text("data-dir", ""));
                            read.add(settings.text("service.web.address", ""));
                            try {
                                settings.finish();
                            } catch (InvalidConfigException e) {
                                return 2;
                            }
                            return 0;
                        });
        var line = new ProcessCommands(Map.of("HANSA_DATA_DIR", "/d")).commandLine(role);

        var status =
                line.execute(
                        "--http-address",
                        "127.0.0.1:2",
                        "--config",
                        file.toString(),
                        "--set",
                        "service.web.address=127.0.0.1:3",
                        "--exit-with-parent");

        assertThat(status).isZero();
        assertThat(read).containsExactly("127.0.0.1:2", "n", "/d", "127.0.0.1:3");
        assertThat(line.getUsageMessage()).contains("service.S.address=HOST:PORT  the application");
    }

    private static Ran hansa(String... arguments) {
        return Ran.hansa(Map.of(), "", arguments);
    }
}
