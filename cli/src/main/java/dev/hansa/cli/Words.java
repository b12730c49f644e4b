package dev.hansa.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// What was typed, as picocli takes it: every long flag may have one dash, as Consul's commands
/// have it, or two. What is no flag of the command stays as it is, whatever it begins with.
final class Words {
    /// `-h` and `-` are no long flags.
    private static final Pattern ONE_DASH = Pattern.compile("-[a-zA-Z][a-zA-Z0-9-].*");

    private static final String END = "--";

    private Words() {}

    /// Also tells the line whether a value may begin as a flag does: picocli takes `-hot` for `-h`.
    /// Where a flag of the command stands in the place of a value it may not, and whoever has
    /// forgotten the value is told; nor where none does, since a flag that takes several values
    /// would take the flags behind it.
    static String[] of(CommandLine line, String... typed) {
        var words = new ArrayList<String>(typed.length);
        var spec = line.getCommandSpec();
        var isOdd = false;
        var lacksValue = false;
        for (var i = 0; i < typed.length; i++) {
            var word = typed[i];
            if (word.equals(END)) {
                words.addAll(List.of(typed).subList(i, typed.length));
                break;
            }
            var flag = flag(spec, word);
            words.add(flag.orElse(word));
            if (flag.isPresent() && takesValue(spec, flag.get())) {
                if (word.contains("=")) {
                    isOdd |= word.contains("=-");
                } else if (i + 1 < typed.length) {
                    var next = typed[i + 1];
                    if (next.equals(END) || flag(spec, next).isPresent()) {
                        lacksValue = true;
                    } else {
                        isOdd |= next.startsWith("-");
                        words.add(next);
                        i++;
                    }
                }
            }
            var below = spec.subcommands().get(word);
            if (below != null) {
                spec = below.getCommandSpec();
            }
        }
        line.setAllowOptionsAsOptionParameters(isOdd && !lacksValue && !takesSeveral(spec));
        return words.toArray(String[]::new);
    }

    /// The word with the dashes that a flag of the command has; empty where it is none.
    private static Optional<String> flag(CommandSpec spec, String word) {
        if (!word.startsWith("-")) {
            return Optional.empty();
        }
        var known = spec.optionsMap();
        var name = name(word);
        return known.containsKey(name)
                ? Optional.of(word)
                : Optional.of("-" + word).filter(_ -> known.containsKey("-" + name));
    }

    private static String name(String word) {
        var end = word.indexOf('=');
        return end < 0 ? word : word.substring(0, end);
    }

    private static boolean takesValue(CommandSpec spec, String flag) {
        var option = spec.optionsMap().get(name(flag));
        return option != null && option.arity().min() > 0;
    }

    /// Whether a flag of the command would take all the words behind it.
    private static boolean takesSeveral(CommandSpec spec) {
        return spec.options().stream().anyMatch(option -> option.arity().max() > 1);
    }

    /// A long flag of nobody's as sentences name it, with both dashes; other words as they are.
    static String named(String word) {
        return ONE_DASH.matcher(word).matches() ? "-" + word : word;
    }
}
