package dev.hansa.cli;

import java.util.regex.Pattern;

/// Text from elsewhere, made fit for a terminal.
final class PlainText {
    /// Escape sequences in a peer's names or a server's answer could rewrite the screen, and what
    /// turns the direction of writing could show another name than there is.
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\n\\t]]");

    private PlainText() {}

    static String of(String text) {
        return CONTROL.matcher(text).replaceAll("?");
    }

    /// The same on one line, for where a line more would pass for another row.
    static String line(String text) {
        return of(text).replace('\n', ' ').replace('\t', ' ');
    }
}
