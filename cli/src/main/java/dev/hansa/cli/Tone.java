package dev.hansa.cli;

import java.util.Locale;
import java.util.Set;

/// How well something is, by the word for its state. A colour shows it beside the word and never
/// instead, so that who sees no colours misses nothing.
enum Tone {
    GOOD("\u001b[32m"),
    UNSURE("\u001b[33m"),
    BAD("\u001b[31m"),
    NONE("");

    /// Back to how the terminal was.
    static final String END = "\u001b[0m";

    static final String HEADING = "\u001b[1m";

    private static final Set<String> GOODS =
            Set.of(
                    "active", "alive", "allow", "applied", "fresh", "leader", "passing", "ready",
                    "yes");

    private static final Set<String> UNSURES =
            Set.of(
                    "begun",
                    "establishing",
                    "leaving",
                    "maintenance",
                    "pending",
                    "stale",
                    "warning");

    private static final Set<String> BADS =
            Set.of(
                    "critical",
                    "deleting",
                    "denied",
                    "deny",
                    "failed",
                    "failing",
                    "left",
                    "no",
                    "refused",
                    "terminated");

    private final String begin;

    Tone(String begin) {
        this.begin = begin;
    }

    /// @param state a word, or a sentence that begins with it and a colon
    static Tone of(String state) {
        var word = state.split("[: ]", 2)[0].toLowerCase(Locale.ROOT);
        if (GOODS.contains(word)) {
            return GOOD;
        }
        if (UNSURES.contains(word)) {
            return UNSURE;
        }
        return BADS.contains(word) ? BAD : NONE;
    }

    String paint(String text) {
        return begin.isEmpty() ? text : begin + text + END;
    }
}
