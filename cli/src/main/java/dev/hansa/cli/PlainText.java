package dev.hansa.cli;

import java.util.regex.Pattern;

/// Text from elsewhere, made fit for a terminal.
final class PlainText {
    /// Escape sequences in a peer's names or a server's answer could rewrite the screen.
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\\n\\t]]");

    private PlainText() {}

    static String of(String text) {
        return CONTROL.matcher(text).replaceAll("?");
    }
}
