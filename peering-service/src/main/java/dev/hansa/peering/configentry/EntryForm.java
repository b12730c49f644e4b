package dev.hansa.peering.configentry;

/// How a config entry's text is written. What a reader answers should be about the form that the
/// writer meant, so this looks at how the text begins and not at whether it holds to the form.
public enum EntryForm {
    JSON,
    YAML,
    HCL;

    /// By its first key, and by what follows it: `Kind = …` and `Kind {` are HCL, `kind: …` is
    /// YAML.
    public static EntryForm of(String text) {
        var begin = new Beginning(text);
        begin.skipBlanks();
        if (begin.at == text.length()) {
            return begin.sawSlashes ? HCL : YAML;
        }
        if (text.charAt(begin.at) == '{' && !begin.sawComment) {
            return JSON;
        }
        if (begin.sawSlashes) {
            return HCL;
        }
        if (!begin.skipKey()) {
            return YAML;
        }
        begin.skipBlanks();
        // A label, or a mistake: what comes first on its line is what the writer knows.
        for (var i = begin.at; i < text.length() && text.charAt(i) != '\n'; i++) {
            switch (text.charAt(i)) {
                case '=', '{', '"' -> {
                    return HCL;
                }
                case ':' -> {
                    return YAML;
                }
                default -> {}
            }
        }
        return begin.sawSlashes ? HCL : YAML;
    }

    /// Where a look at the text has come to.
    private static final class Beginning {
        final String text;
        int at;
        boolean sawComment;
        boolean sawSlashes;

        Beginning(String text) {
            this.text = text;
            if (text.startsWith("\uFEFF")) {
                at = 1;
            }
        }

        /// Comments of either form too.
        void skipBlanks() {
            while (at < text.length()) {
                if (Character.isWhitespace(text.charAt(at))) {
                    at++;
                } else if (text.startsWith("#", at)) {
                    sawComment = true;
                    skipPast("\n");
                } else if (text.startsWith("//", at)) {
                    sawComment = true;
                    sawSlashes = true;
                    skipPast("\n");
                } else if (text.startsWith("/*", at)) {
                    sawComment = true;
                    sawSlashes = true;
                    skipPast("*/");
                } else {
                    return;
                }
            }
        }

        private void skipPast(String end) {
            var found = text.indexOf(end, at);
            at = found < 0 ? text.length() : found + end.length();
        }

        boolean skipKey() {
            if (text.charAt(at) == '"') {
                var end = text.indexOf('"', at + 1);
                at = end < 0 ? text.length() : end + 1;
                return true;
            }
            var from = at;
            while (at < text.length()
                    && (Character.isLetterOrDigit(text.charAt(at))
                            || "_-.".indexOf(text.charAt(at)) >= 0)) {
                at++;
            }
            return at > from && text.charAt(from) != '-' && text.charAt(from) != '.';
        }
    }
}
