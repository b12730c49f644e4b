package dev.hansa.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.UsageMessageSpec;

/// The commands in the text of `hansa --help`, by what they are for.
final class HelpGroups {
    /// A heading, and the commands under it. Each command that is shown is in one of them.
    static final Map<String, List<String>> GROUPS = groups();

    private HelpGroups() {}

    private static Map<String, List<String>> groups() {
        var all = new LinkedHashMap<String, List<String>>();
        all.put("See it", List.of("demo", "doctor", "version"));
        all.put("Run", List.of("server", "gateway", "sidecar", "agent", "kubernetes"));
        all.put("Make datacenters peers", List.of("peer", "peering", "join-token", "profile"));
        all.put(
                "Say what leads where",
                List.of("config", "intention", "services", "failover", "connect"));
        all.put("Look", List.of("catalog", "explain", "events", "members", "monitor", "audit"));
        all.put("Let people and machines in", List.of("acl", "login", "logout", "ca"));
        all.put("Keep it running", List.of("operator", "snapshot", "debug", "completion"));
        return all;
    }

    static void on(CommandLine line) {
        var sections = line.getHelpSectionMap();
        sections.remove(UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING);
        sections.put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, HelpGroups::render);
    }

    private static String render(Help help) {
        var text = new StringBuilder();
        GROUPS.forEach((heading, names) -> {
            var commands = new LinkedHashMap<String, Help>();
            for (var name : names) {
                var command = help.subcommands().get(name);
                if (command != null) {
                    commands.put(name, command);
                }
            }
            text.append(System.lineSeparator()).append(heading).append(':');
            text.append(System.lineSeparator()).append(help.commandList(commands));
        });
        return text.toString();
    }
}
