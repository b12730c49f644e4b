package dev.hansa.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// Consul's commands and hansa's, side by side, and the page that shows them.
///
/// @param consul flags with one dash by command, and whether each takes a value
/// @param hansa by command
/// @param own flags by command that Consul has none of; `*` stands for each command
record ConsulCommands(
        Map<String, Map<String, Boolean>> consul,
        Map<String, CommandSpec> hansa,
        Map<String, Set<String>> own) {
    static final Path PAGE = Path.of("../docs/reference/consul-commands.md");

    static final String EACH = "*";

    /// What hansa mirrors.
    static final List<String> AREAS =
            List.of(
                    "peering",
                    "config",
                    "services",
                    "catalog",
                    "intention",
                    "connect",
                    "acl",
                    "members",
                    "operator",
                    "monitor",
                    "debug",
                    "login",
                    "logout",
                    "snapshot");

    /// Of nearly every command; the page says them once.
    private static final Map<String, String> COMMON = common();

    private static final Path FOLDER = Path.of("src/test/resources/consul");

    private static Map<String, String> common() {
        var common = new LinkedHashMap<String, String>();
        common.put("-http-addr", "where the server is");
        common.put("-token", "the token to ask with");
        common.put("-token-file", "a file with it");
        common.put("-ca-file", "certificates that certify the server");
        common.put("-ca-path", "a folder of such files");
        common.put("-client-cert", "a certificate that shows who asks");
        common.put("-client-key", "its private key");
        common.put("-tls-server-name", "the name in the server's certificate");
        common.put(
                "-datacenter",
                "the name of the server's own datacenter; another is refused by a message with both names, since a peer has servers of its own");
        common.put("-stale", "a server that does not lead may answer what is read");
        common.put("-namespace", "`default`; another is refused by name");
        common.put("-partition", "`default`; another is refused by name");
        return common;
    }

    static ConsulCommands read() throws IOException {
        var consul = new LinkedHashMap<String, Map<String, Boolean>>();
        for (var line : lines("commands.txt")) {
            var colon = line.indexOf(':');
            var flags = new LinkedHashMap<String, Boolean>();
            for (var flag : words(line.substring(colon + 1))) {
                flags.put(flag.replace("=", ""), flag.endsWith("="));
            }
            consul.put(line.substring(0, colon), flags);
        }
        var own = new LinkedHashMap<String, Set<String>>();
        for (var line : lines("own.txt")) {
            var bar = line.indexOf('|');
            for (var command : line.substring(0, bar).split(",")) {
                own.computeIfAbsent(command.strip(), _ -> new LinkedHashSet<>())
                        .addAll(words(line.substring(bar + 1)));
            }
        }
        var hansa = new LinkedHashMap<String, CommandSpec>();
        gather("", Main.commandLine(Surroundings.ofProcess()), hansa);
        return new ConsulCommands(consul, hansa, own);
    }

    private static List<String> lines(String file) throws IOException {
        return Files.readAllLines(FOLDER.resolve(file)).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +"));
    }

    private static void gather(String name, CommandLine line, Map<String, CommandSpec> all) {
        if (line.getSubcommands().isEmpty() && isOfArea(name)) {
            all.put(name, line.getCommandSpec());
        }
        line.getSubcommands()
                .forEach((word, command) -> gather((name + " " + word).strip(), command, all));
    }

    static boolean isOfArea(String command) {
        return AREAS.stream().anyMatch(area -> (command + " ").startsWith(area + " "));
    }

    /// The long names of a command's options, with one dash.
    static Set<String> flags(CommandSpec command) {
        return command.optionsMap().keySet().stream()
                .filter(name -> name.startsWith("--"))
                .map(name -> name.substring(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    boolean isOwn(String command, String flag) {
        return own.getOrDefault(EACH, Set.of()).contains(flag)
                || own.getOrDefault(command, Set.of()).contains(flag);
    }

    /// @return docs/reference/consul-commands.md
    String page() {
        var page =
                new StringBuilder(
                        """
                        # Consul's commands and flags

                        Which of them `hansa` takes, which it refuses by name, and which are not planned. Made by `ConsulCommandsTest` (`-Dgolden.update=true`) of three lists, which it holds against the commands
                        themselves: what Consul's own command says of itself (`cli/src/test/resources/consul/commands.txt`), what is not taken and why (`not-taken.txt`, in the client, which says so to whoever asks for it), and
                        what Consul has not (`own.txt`). A long flag takes one dash or two.

                        ## Flags of every command that asks a server

                        Also where Consul's command lacks one of them.

                        | flag | what |
                        |---|---|
                        """);
        COMMON.forEach((flag, what) -> page.append("| `" + flag + "` | " + what + " |\n"));
        page.append("| `-profile` | hansa's own: a server that `hansa profile set` has saved |\n");
        for (var area : AREAS) {
            area(area, page);
        }
        page.append(
                "\n## Commands that are not planned\n\n| commands | why |\n|---|---|\n"
                        + rows(
                                NotTaken.all().stream()
                                        .filter(line -> line.flag().isEmpty())
                                        .toList()));
        return page.toString();
    }

    private void area(String area, StringBuilder page) {
        page.append(
                "\n## hansa "
                        + area
                        + "\n\n| command | Consul's flags | hansa's own |\n|---|---|---|\n");
        hansa.forEach((name, spec) -> {
            if (!(name + " ").startsWith(area + " ")) {
                return;
            }
            var known = consul.getOrDefault(name, Map.of()).keySet();
            var taken = new ArrayList<String>();
            var more = new ArrayList<String>();
            for (var flag : flags(spec)) {
                if (known.contains(flag) && !COMMON.containsKey(flag)) {
                    taken.add("`" + flag + "`");
                } else if (!known.contains(flag)
                        && !own.getOrDefault(EACH, Set.of()).contains(flag)) {
                    more.add("`" + flag + "`");
                }
            }
            page.append(
                    "| `"
                            + name
                            + "`"
                            + (consul.containsKey(name) ? "" : ", hansa's own")
                            + " | "
                            + String.join(" ", taken)
                            + " | "
                            + String.join(" ", more)
                            + " |\n");
        });
        var refused =
                rows(
                        NotTaken.all().stream()
                                .filter(line ->
                                        !line.flag().isEmpty()
                                                && (line.command() + " ").startsWith(area + " "))
                                .toList());
        if (!refused.isEmpty()) {
            page.append("\n| refused by name | why |\n|---|---|\n" + refused);
        }
    }

    /// One for each reason.
    private static String rows(List<NotTaken.Line> lines) {
        var byReason = new LinkedHashMap<String, Map<String, List<String>>>();
        for (var line : lines) {
            byReason.computeIfAbsent(line.why(), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(line.command(), _ -> new ArrayList<>())
                    .add(line.flag());
        }
        var rows = new StringBuilder();
        byReason.forEach((why, commands) -> {
            var names =
                    commands.entrySet().stream()
                            .map(one ->
                                    "`"
                                            + (one.getKey()
                                                            + " "
                                                            + String.join(" ", one.getValue()))
                                                    .strip()
                                            + "`")
                            .collect(Collectors.joining(", "));
            rows.append("| " + names + " | " + why + " |\n");
        });
        return rows.toString();
    }
}
