package dev.hansa.bootstrap;

import java.util.regex.Pattern;

/// Words that a stranger chose and that stand in our errors and logs: cut, on one line, and without
/// what would move a terminal's cursor or turn the direction of writing.
public final class ForeignText {
    /// Enough to recognise a name by.
    private static final int NAME = 80;

    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}]");

    private ForeignText() {}

    /// A name in an error; what is left out of a longer one is marked with `…`.
    public static String shown(String name) {
        return shown(name, NAME);
    }

    /// @param limit characters at most, and the mark
    public static String shown(String text, int limit) {
        var cut = text.length() > limit ? text.substring(0, limit) + "…" : text;
        return CONTROL.matcher(cut).replaceAll("?");
    }
}
