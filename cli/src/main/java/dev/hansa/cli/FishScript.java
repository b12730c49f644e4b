package dev.hansa.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// The completion of a command line for fish, one line for each command and flag.
final class FishScript {
    /// Beside a name in a list; a sentence that is cut is still one.
    private static final int MAX_DESCRIPTION = 80;

    /// Commands within commands; more is a mistake in the model, and would not end.
    private static final int MAX_DEPTH = 4;

    private final String name;
    private final List<String> paths = new ArrayList<>();
    private final StringBuilder lines = new StringBuilder();

    private FishScript(String name) {
        this.name = name;
    }

    static String of(String name, CommandLine root) {
        var script = new FishScript(name);
        script.command(name, root, 0);
        return script.text();
    }

    /// Where one is, by the words before the cursor that are commands; values of flags are none.
    private String text() {
        return """
        # fish completion for %1$s
        set -g __%1$s_commands %2$s

        function __%1$s_at
            set -l path %1$s
            for word in (commandline -opc)[2..-1]
                contains -- $path/$word $__%1$s_commands; and set path $path/$word
            end
            test $path = $argv[1]
        end

        complete -c %1$s -f
        %3$s\
        """
                .formatted(name, String.join(" ", paths), lines);
    }

    private void command(String path, CommandLine line, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalStateException(
                    path + ": expected commands at most " + MAX_DEPTH + " deep");
        }
        options(path, line.getCommandSpec());
        line.getSubcommands()
                .forEach((word, command) -> {
                    var spec = command.getCommandSpec();
                    if (spec.usageMessage().hidden()) {
                        return;
                    }
                    var deeper = path + "/" + word;
                    paths.add(deeper);
                    at(path).append(" -a ")
                            .append(word)
                            .append(described(spec.usageMessage().description()))
                            .append('\n');
                    command(deeper, command, depth + 1);
                });
    }

    private StringBuilder at(String path) {
        return lines.append("complete -c ")
                .append(name)
                .append(" -n '__")
                .append(name)
                .append("_at ")
                .append(path)
                .append("'");
    }

    private void options(String path, CommandSpec spec) {
        for (var option : spec.options()) {
            if (!option.hidden()) {
                option(path, option);
            }
        }
        for (var words : spec.positionalParameters()) {
            if (words.paramLabel().contains("FILE")) {
                at(path).append(" -F\n");
            } else if (words.completionCandidates() != null) {
                at(path).append(" -a ").append(quoted(candidates(words))).append('\n');
            }
        }
    }

    private void option(String path, OptionSpec option) {
        at(path);
        for (var flag : option.names()) {
            lines.append(flag.startsWith("--") ? " -l " : " -s ")
                    .append(flag.replaceFirst("^--?", ""));
        }
        if (option.arity().max() > 0) {
            if (option.completionCandidates() != null) {
                lines.append(" -x -a ").append(quoted(candidates(option)));
            } else {
                lines.append(option.paramLabel().contains("FILE") ? " -r -F" : " -x");
            }
        }
        lines.append(described(option.description())).append('\n');
    }

    private static String candidates(ArgSpec argument) {
        return String.join(" ", argument.completionCandidates());
    }

    private static String described(String[] description) {
        if (description.length == 0) {
            return "";
        }
        var first = description[0].replace("%%", "%");
        return " -d "
                + quoted(
                        first.length() > MAX_DESCRIPTION
                                ? first.substring(0, MAX_DESCRIPTION - 3) + "..."
                                : first);
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
