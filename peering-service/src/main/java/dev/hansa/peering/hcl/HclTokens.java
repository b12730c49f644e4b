package dev.hansa.peering.hcl;

import dev.hansa.peering.hcl.HclToken.Sort;

/// The words and signs of a text, one after the other; comments and blanks are between them.
final class HclTokens {
    /// Each becomes a node of some hundred bytes, and none is written by hand so often: the largest
    /// text in lists of numbers would be 260,000 nodes.
    static final int MOST = 100_000;

    private static final char BYTE_ORDER_MARK = '\uFEFF';
    private static final int NOTHING = -1;

    private final String text;
    private int at;
    private int line = 1;
    private int lineStart;
    private int count;

    HclTokens(String text) {
        this.text = text;
        if (!text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
            // some editors write one
            at = 1;
            lineStart = 1;
        }
    }

    HclToken next() throws HclException {
        skipBlanks();
        if (at == text.length()) {
            return token(Sort.END, "");
        }
        if (++count > MOST) {
            throw here("at most " + MOST + " words and signs", "more");
        }
        var c = text.charAt(at);
        return switch (c) {
            case '=' -> sign(Sort.EQUALS);
            case '{' -> sign(Sort.OPEN_BRACE);
            case '}' -> sign(Sort.CLOSE_BRACE);
            case '[' -> sign(Sort.OPEN_BRACKET);
            case ']' -> sign(Sort.CLOSE_BRACKET);
            case ',' -> sign(Sort.COMMA);
            case '"' -> string();
            case '<' -> peek(1) == '<' ? heredoc() : sign(Sort.STRAY);
            default -> {
                if (Character.isLetter(c) || c == '_') {
                    yield name();
                }
                yield isDigit(c) || c == '-' && isDigit(peek(1)) ? number() : sign(Sort.STRAY);
            }
        };
    }

    private int peek(int ahead) {
        return at + ahead < text.length() ? text.charAt(at + ahead) : NOTHING;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private HclToken token(Sort sort, String value) {
        return new HclToken(sort, value, line, at - lineStart + 1);
    }

    private HclToken sign(Sort sort) {
        return upTo(at + Character.charCount(text.codePointAt(at)), sort);
    }

    private HclException here(String expected, String found) {
        return new HclException(line, at - lineStart + 1, expected, found);
    }

    private void lineEnds() {
        line++;
        lineStart = at;
    }

    private void skipBlanks() throws HclException {
        while (at < text.length()) {
            switch (text.charAt(at)) {
                case ' ', '\t', '\r' -> at++;
                case '\n' -> {
                    at++;
                    lineEnds();
                }
                case '#' -> skipLine();
                case '/' -> {
                    if (peek(1) == '/') {
                        skipLine();
                    } else if (peek(1) == '*') {
                        skipComment();
                    } else {
                        return;
                    }
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void skipLine() {
        while (at < text.length() && text.charAt(at) != '\n') {
            at++;
        }
    }

    private void skipComment() throws HclException {
        var end = text.indexOf("*/", at + 2);
        if (end < 0) {
            throw here("'*/' after the comment that begins here", "the end of the text");
        }
        while (at < end + 2) {
            if (text.charAt(at++) == '\n') {
                lineEnds();
            }
        }
    }

    private HclToken name() {
        var end = at;
        while (end < text.length() && isOfName(text.charAt(end))) {
            end++;
        }
        return upTo(end, Sort.NAME);
    }

    private static boolean isOfName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
    }

    /// As far as a reader would take it for one word, so that `10s` is one mistake.
    private HclToken number() {
        var end = at + 1;
        while (end < text.length()) {
            var c = text.charAt(end);
            var isSign =
                    (c == '-' || c == '+') && Character.toLowerCase(text.charAt(end - 1)) == 'e';
            if (!isSign && !Character.isLetterOrDigit(c) && c != '_' && c != '.') {
                break;
            }
            end++;
        }
        return upTo(end, Sort.NUMBER);
    }

    private HclToken upTo(int end, Sort sort) {
        var token = token(sort, text.substring(at, end));
        at = end;
        return token;
    }

    private HclToken string() throws HclException {
        var begin = token(Sort.STRING, "");
        var said = new StringBuilder();
        at++;
        while (true) {
            var c = peek(0);
            switch (c) {
                case '"' -> {
                    at++;
                    return new HclToken(Sort.STRING, said.toString(), begin.line(), begin.column());
                }
                case NOTHING, '\n', '\r' ->
                        throw new HclException(
                                begin.line(),
                                begin.column(),
                                "'\"' at the end of the string that begins here",
                                c == NOTHING ? "the end of the text" : "the end of the line");
                case '\\' -> escape(said);
                default -> {
                    if (c == '$' && peek(1) == '{') {
                        template(said);
                    } else {
                        plain((char) c);
                        said.append((char) c);
                        at++;
                    }
                }
            }
        }
    }

    private void plain(char c) throws HclException {
        if (Character.isISOControl(c) && c != '\t') {
            throw here(
                    "printable characters; others as in \\u0007",
                    "a control character of code " + (int) c);
        }
    }

    /// `${…}` is text like any other. In what HCL's own reader makes of it a quote inside does not
    /// end the string; so that no text can be read in two ways, such a one is refused.
    private void template(StringBuilder said) throws HclException {
        var end = at + 2;
        while (end < text.length() && "}\"\\{\n".indexOf(text.charAt(end)) < 0) {
            plain(text.charAt(end));
            end++;
        }
        if (end == text.length() || text.charAt(end) != '}') {
            throw here(
                    "'}' after '${', with no quotes, backslashes, braces or line ends before it, since nothing is evaluated",
                    end == text.length()
                            ? "the end of the text"
                            : text.charAt(end) == '\n'
                                    ? "the end of the line"
                                    : "'" + text.charAt(end) + "'");
        }
        said.append(text, at, end + 1);
        at = end + 1;
    }

    private void escape(StringBuilder said) throws HclException {
        var c = peek(1);
        switch (c) {
            case '"', '\\' -> said.append((char) c);
            case 'n' -> said.append('\n');
            case 't' -> said.append('\t');
            case 'r' -> said.append('\r');
            case 'b' -> said.append('\b');
            case 'f' -> said.append('\f');
            case 'a' -> said.append('\u0007');
            case 'v' -> said.append('\u000B');
            case 'u' -> codePoint(said, 4);
            case 'U' -> codePoint(said, 8);
            default ->
                    throw here(
                            "one of \\\" \\\\ \\n \\t \\r \\b \\f \\a \\v \\uXXXX \\UXXXXXXXX",
                            c == NOTHING || Character.isISOControl(c)
                                    ? "'\\'"
                                    : "'\\" + Character.toString(text.codePointAt(at + 1)) + "'");
        }
        at += 2;
    }

    private void codePoint(StringBuilder said, int digits) throws HclException {
        var code = 0L;
        for (var i = 2; i < 2 + digits; i++) {
            var c = peek(i);
            var digit = c < 0 || c > 'f' ? -1 : Character.digit(c, 16);
            if (digit < 0) {
                throw here(
                        digits + " digits from 0 to 9 and A to F after '\\" + (char) peek(1) + "'",
                        "others");
            }
            code = code * 16 + digit;
        }
        if (code > Character.MAX_CODE_POINT
                || code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
            throw here(
                    "the code of a character; one beyond \\uFFFF is written as in \\U0001F600",
                    "another number");
        }
        said.appendCodePoint((int) code);
        at += digits;
    }

    private HclToken heredoc() throws HclException {
        var begin = token(Sort.STRING, "");
        var isIndented = peek(2) == '-';
        var nameAt = at + (isIndented ? 3 : 2);
        var nameEnd = nameAt;
        while (nameEnd < text.length() && isOfMarker(text.charAt(nameEnd))) {
            nameEnd++;
        }
        var marker = text.substring(nameAt, nameEnd);
        at = nameEnd;
        if (peek(0) == '\r' && peek(1) == '\n') {
            at++;
        }
        if (marker.isEmpty() || peek(0) != '\n') {
            throw new HclException(
                    begin.line(),
                    begin.column(),
                    "'<<' or '<<-', a word such as EOF and the end of the line",
                    "something else");
        }
        at++;
        lineEnds();
        var lines = new HeredocLines(isIndented);
        while (at < text.length()) {
            var end = text.indexOf('\n', at);
            var stop = end < 0 ? text.length() : end;
            var content = text.substring(at, stop);
            var said = content.stripLeading();
            if (said.startsWith(marker) && isLineEnd(said, marker.length())) {
                var indent = content.substring(0, content.length() - said.length());
                if (!isIndented && !indent.isEmpty()) {
                    throw here(
                            "'" + marker + "' at the begin of the line, or <<-" + marker + " above",
                            "it behind blanks");
                }
                at = stop;
                return new HclToken(Sort.STRING, lines.text(indent), begin.line(), begin.column());
            }
            lines.add(content);
            at = stop;
            if (end >= 0) {
                at++;
                lineEnds();
            }
        }
        throw new HclException(
                begin.line(),
                begin.column(),
                "a line '" + marker + "' at the end of the text that begins here",
                "the end of the text");
    }

    private static boolean isLineEnd(String line, int from) {
        return line.chars().skip(from).allMatch(c -> c == '\r');
    }

    private static boolean isOfMarker(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }
}
