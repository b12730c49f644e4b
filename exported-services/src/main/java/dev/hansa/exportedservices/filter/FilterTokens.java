package dev.hansa.exportedservices.filter;

import dev.hansa.bootstrap.ForeignText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A filter's text in words. Every pattern here is tried at one place only and takes time linear in
/// what it reads.
final class FilterTokens {
    private static final Pattern SPACE = Pattern.compile("[ \\t\\r\\n]++");
    private static final Pattern MARK = Pattern.compile("==|!=|[()]");
    private static final Pattern WORD = Pattern.compile("[a-zA-Z][a-zA-Z0-9_/]*+");
    private static final Pattern STEP = Pattern.compile("\\.([a-zA-Z][a-zA-Z0-9_/]*+|[0-9]++)");
    private static final Pattern KEY =
            Pattern.compile("\\[[ \\t\\r\\n]*+(`[^`]*+`|\"[^\"]*+\")[ \\t\\r\\n]*+]");
    private static final Pattern NUMBER =
            Pattern.compile("-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?=[ \\t\\r\\n)]|$)");
    private static final Pattern STRING = Pattern.compile("`[^`]*+`|\"[^\"]*+\"");
    private static final Pattern POINTER_PART = Pattern.compile("[\\p{L}\\p{N}_.~:|-]++");

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private FilterTokens(String text) {
        this.text = text;
    }

    /// One word of a filter.
    sealed interface Token {
        /// Of its first character, counted from 1.
        int position();

        /// Can it stand beside an operator.
        default boolean isOperand() {
            return !path().isEmpty() || this instanceof Quoted || this instanceof Figure;
        }

        default boolean isEnd() {
            return this instanceof End;
        }

        /// Is it this mark, or this word of the language.
        default boolean isWord(String word) {
            return switch (this) {
                case Mark(var mark, _) -> mark.equals(word);
                case Selector(var path, var written, _) -> path.size() == 1 && written.equals(word);
                case Quoted _, Figure _, End _ -> false;
            };
        }

        /// What it selects; empty when it is no selector.
        default List<String> path() {
            return switch (this) {
                case Selector(var path, _, _) -> path;
                case Quoted(var value, _) -> pointer(value);
                case Figure _, Mark _, End _ -> List.of();
            };
        }

        /// What it is as a value: a selector is the text of its name.
        default String value() {
            return switch (this) {
                case Selector(var path, _, _) -> String.join(".", path);
                case Quoted(var value, _) -> value;
                case Figure(var number, _) -> number;
                case Mark(var mark, _) -> mark;
                case End _ -> "";
            };
        }

        default String shown() {
            return ForeignText.shown(value());
        }

        default String described() {
            return this instanceof End ? "the end" : "'" + shown() + "'";
        }
    }

    record Selector(List<String> path, String written, int position) implements Token {
        Selector {
            path = List.copyOf(path);
        }
    }

    record Quoted(String value, int position) implements Token {}

    record Figure(String number, int position) implements Token {}

    record Mark(String mark, int position) implements Token {}

    record End(int position) implements Token {}

    /// `/Service/Meta/version` in quotes is a selector where one is wanted; `~1` stands for a slash
    /// and `~0` for a tilde.
    private static List<String> pointer(String value) {
        var parts =
                value.startsWith("/") ? List.of(value.substring(1).split("/", -1)) : List.of("");
        return parts.stream().allMatch(part -> POINTER_PART.matcher(part).matches())
                ? parts.stream().map(part -> part.replace("~1", "/").replace("~0", "~")).toList()
                : List.of();
    }

    static List<Token> of(String text) throws InvalidFilterException {
        var reader = new FilterTokens(text);
        reader.read();
        return List.copyOf(reader.tokens);
    }

    private void read() throws InvalidFilterException {
        while (true) {
            find(SPACE);
            if (at == text.length()) {
                tokens.add(new End(at + 1));
                return;
            }
            var position = at + 1;
            var mark = find(MARK);
            if (!mark.isEmpty()) {
                tokens.add(new Mark(mark, position));
                continue;
            }
            var number = find(NUMBER);
            if (!number.isEmpty()) {
                tokens.add(new Figure(number, position));
                continue;
            }
            var string = find(STRING);
            if (!string.isEmpty()) {
                tokens.add(new Quoted(unquoted(string, position), position));
                continue;
            }
            selector(position);
        }
    }

    private void selector(int position) throws InvalidFilterException {
        var first = find(WORD);
        if (first.isEmpty()) {
            var rest = text.substring(at);
            throw new InvalidFilterException(
                    (rest.startsWith("\"") || rest.startsWith("`")
                                    ? "expected a closing " + rest.charAt(0) + " for the text"
                                    : "expected a word, a number, a text in quotes or an operator")
                            + " at character "
                            + position
                            + "; found '"
                            + ForeignText.shown(rest, 20)
                            + "'");
        }
        var path = new ArrayList<>(List.of(first));
        while (true) {
            var step = at(STEP);
            if (step.lookingAt()) {
                path.add(step.group(1));
                at = step.end();
                continue;
            }
            var key = at(KEY);
            if (!key.lookingAt()) {
                break;
            }
            path.add(unquoted(key.group(1), at + 1));
            at = key.end();
        }
        tokens.add(new Selector(path, text.substring(position - 1, at), position));
    }

    private Matcher at(Pattern pattern) {
        return pattern.matcher(text).region(at, text.length());
    }

    private String find(Pattern pattern) {
        var matcher = at(pattern);
        if (!matcher.lookingAt()) {
            return "";
        }
        at = matcher.end();
        return matcher.group();
    }

    /// Backquotes hold a text as it is; in double quotes a backslash stands before n, r, t and
    /// itself.
    private static String unquoted(String quoted, int position) throws InvalidFilterException {
        var inner = quoted.substring(1, quoted.length() - 1);
        if (quoted.startsWith("`") || inner.indexOf('\\') < 0) {
            return inner;
        }
        var plain = new StringBuilder();
        var i = 0;
        while (i < inner.length()) {
            var c = inner.charAt(i++);
            if (c != '\\') {
                plain.append(c);
                continue;
            }
            var escaped = i < inner.length() ? inner.charAt(i++) : ' ';
            var stands = "nrt\\".indexOf(escaped);
            if (stands < 0) {
                throw new InvalidFilterException(
                        "expected \\n, \\r, \\t or \\\\ in the text at character "
                                + position
                                + "; found '\\"
                                + ForeignText.shown(String.valueOf(escaped))
                                + "'");
            }
            plain.append("\n\r\t\\".charAt(stands));
        }
        return plain.toString();
    }
}
