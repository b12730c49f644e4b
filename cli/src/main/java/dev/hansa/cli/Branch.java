package dev.hansa.cli;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// A command with others under it. Making one of those reads its annotations, which for a dozen
/// takes longer than most take to run: where the words that were typed name some of them, those
/// alone are made.
final class Branch {
    /// What was typed, while commands are made for it; not bound, all of them are.
    static final ScopedValue<Set<String>> WORDS = ScopedValue.newInstance();

    private Branch() {}

    /// @param commands each with a `@Command`, or a line that was made
    static CommandLine of(Main.Group group, Object... commands) {
        var line = new CommandLine(group);
        var words = WORDS.isBound() ? WORDS.get() : Set.<String>of();
        var asked = Stream.of(commands).filter(one -> words.contains(name(one))).toList();
        (asked.isEmpty() ? List.of(commands) : asked).forEach(line::addSubcommand);
        return line;
    }

    private static String name(Object command) {
        if (command instanceof CommandLine line) {
            return line.getCommandName();
        }
        var said = command.getClass().getAnnotation(Command.class);
        return said == null ? "" : said.name();
    }
}
