package dev.hansa.benchmarks.failover;

import java.io.IOException;

/// What an application says to a request: who it is, the request's number, and enough letters that
/// a part of an answer would be seen to be one.
final class Answer {
    private static final int LENGTH = 512;

    private Answer() {}

    static String text(String from, String number) {
        var head = from + " " + number + " ";
        return head + ".".repeat(LENGTH - head.length());
    }

    /// Who gave this answer.
    ///
    /// @throws IOException when it is not the whole answer to the request with this number
    static String from(String text, String number) throws IOException {
        var space = text.indexOf(' ');
        if (space <= 0 || !text.equals(text(text.substring(0, space), number))) {
            throw new IOException(
                    "answer to "
                            + number
                            + ": expected it whole; found "
                            + text.length()
                            + " characters of '"
                            + text.substring(0, Math.min(40, text.length()))
                            + "'");
        }
        return text.substring(0, space);
    }
}
