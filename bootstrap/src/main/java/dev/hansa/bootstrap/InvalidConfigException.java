package dev.hansa.bootstrap;

import java.util.List;

/// Everything that is wrong with a configuration, reported at once. A process that gets one exits
/// with status 2.
public final class InvalidConfigException extends Exception {
    private final List<String> problems;

    public InvalidConfigException(List<String> problems) {
        super("invalid configuration:\n  " + String.join("\n  ", problems));
        this.problems = List.copyOf(problems);
    }

    /// One line for each problem: the key, what was expected and what was found.
    public List<String> problems() {
        return problems;
    }
}
