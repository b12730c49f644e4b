package dev.hansa.peering.hcl;

import dev.hansa.bootstrap.ForeignText;

/// A word or sign of the text, and where it stands.
///
/// @param text what a string says, else as it is written
/// @param line the first is 1, as is the first column
record HclToken(Sort sort, String text, int line, int column) {
    enum Sort {
        /// A bare word: a key, a label, true or false.
        NAME,
        /// In quotes, or a heredoc.
        STRING,
        NUMBER,
        EQUALS,
        OPEN_BRACE,
        CLOSE_BRACE,
        OPEN_BRACKET,
        CLOSE_BRACKET,
        COMMA,
        /// What has no meaning anywhere.
        STRAY,
        END
    }

    boolean is(Sort other) {
        return sort == other;
    }

    /// Whether it can be a key or a label.
    boolean isWord() {
        return is(Sort.NAME) || is(Sort.STRING);
    }

    HclException expected(String expected) {
        return new HclException(line, column, expected, described());
    }

    /// For an error; a string's text may be what its writer would not have in a log.
    String described() {
        return switch (sort) {
            case STRING -> "a string";
            case END -> "the end of the text";
            case NAME,
                    NUMBER,
                    EQUALS,
                    OPEN_BRACE,
                    CLOSE_BRACE,
                    OPEN_BRACKET,
                    CLOSE_BRACKET,
                    COMMA,
                    STRAY ->
                    "'" + ForeignText.shown(text) + "'";
        };
    }
}
