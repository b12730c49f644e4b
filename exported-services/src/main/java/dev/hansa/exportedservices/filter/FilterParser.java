package dev.hansa.exportedservices.filter;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.filter.Filter.Expression;
import dev.hansa.exportedservices.filter.Filter.Test;
import dev.hansa.exportedservices.filter.FilterFields.Field;
import dev.hansa.exportedservices.filter.FilterFields.Kind;
import dev.hansa.exportedservices.filter.FilterTokens.Token;
import java.util.ArrayList;
import java.util.List;

/// Reads the language of go-bexpr: `or` below `and` below `not`, parentheses, and matches such as
/// `Service.Meta.version == v1`, `"blue" in Service.Tags`, `Node.Meta["zone"] is not empty`.
/// Selectors are words with dots, brackets with a text, or a JSON pointer in quotes. A list in
/// brackets is not read.
final class FilterParser<T> {
    /// Sixteen times the longest that makes sense; a filter is asked for every instance.
    static final int MAX_CHARACTERS = 4096;

    /// Deeper nesting is a mistake, and each level is a frame on the stack.
    static final int MAX_DEPTH = 32;

    /// The engine takes time linear in text and program, but unfolds `a{1000}` into a thousand
    /// steps, and goes down a frame for each that may be left out.
    private static final int MAX_STEPS = 2000;

    /// Each is a frame on the stack, and the engine has no limit of its own.
    private static final int MAX_GROUPS = 100;

    /// Each is run over a text of every item, which may be of 4 KiB.
    private static final int MAX_MATCHES = 8;

    private static final Pattern COUNT = Pattern.compile("\\{(\\d+)(?:,(\\d+)?)?\\}");

    private final String text;
    private final FilterFields<T> fields;
    private final List<Token> tokens;
    private int at;
    private int patterns;

    FilterParser(String text, FilterFields<T> fields) throws InvalidFilterException {
        if (text.length() > MAX_CHARACTERS) {
            throw new InvalidFilterException(
                    "expected at most " + MAX_CHARACTERS + " characters; found " + text.length());
        }
        this.text = text;
        this.fields = fields;
        this.tokens = FilterTokens.of(text);
    }

    Filter<T> filter() throws InvalidFilterException {
        var expression = any(0);
        if (!peek().isEnd()) {
            throw unexpected("'and', 'or' or the end");
        }
        return new Filter<>(text, expression);
    }

    private Expression<T> any(int depth) throws InvalidFilterException {
        var of = new ArrayList<Expression<T>>();
        do {
            of.add(all(depth));
        } while (takes("or"));
        return of.size() == 1 ? of.getFirst() : new Expression.Any<>(List.copyOf(of));
    }

    private Expression<T> all(int depth) throws InvalidFilterException {
        var of = new ArrayList<Expression<T>>();
        do {
            of.add(one(depth));
        } while (takes("and"));
        return of.size() == 1 ? of.getFirst() : new Expression.All<>(List.copyOf(of));
    }

    private Expression<T> one(int depth) throws InvalidFilterException {
        if (depth == MAX_DEPTH) {
            throw new InvalidFilterException(
                    "expected at most "
                            + MAX_DEPTH
                            + " levels of parentheses and 'not'; found more at character "
                            + peek().position());
        }
        if (takes("not")) {
            return new Expression.Not<>(one(depth + 1));
        }
        if (takes("(")) {
            var inner = any(depth + 1);
            if (!takes(")")) {
                throw unexpected("')'");
            }
            return inner;
        }
        return match();
    }

    private Expression<T> match() throws InvalidFilterException {
        if (!peek().isOperand()) {
            throw unexpected("a selector such as Service.Meta.version or a value");
        }
        var left = next();
        if (takes("==")) {
            return equal(left, value());
        }
        if (takes("!=")) {
            return unless(true, equal(left, value()));
        }
        if (takes("is")) {
            var negated = takes("not");
            if (!takes("empty")) {
                throw unexpected("'empty'");
            }
            return unless(negated, new Expression.Match<>(countable(left), new Test.Empty()));
        }
        var negated = takes("not");
        if (takes("in")) {
            return unless(negated, contains(next(), left.value()));
        }
        if (takes("contains")) {
            return unless(negated, contains(left, value()));
        }
        if (takes("matches")) {
            return unless(negated, matches(left, value()));
        }
        throw unexpected("an operator: ==, !=, in, not in, contains, is empty or matches");
    }

    /// Of the members of a list one is looked for that is otherwise, as go-bexpr does.
    private Expression<T> unless(boolean negated, Expression<T> match) {
        if (!negated) {
            return match;
        }
        return match instanceof Expression.Match<T>(var field, var test)
                        && field.kind() == Kind.EACH
                ? new Expression.Match<>(field, new Test.Fails(test))
                : new Expression.Not<>(match);
    }

    private Expression<T> equal(Token selector, String value) throws InvalidFilterException {
        var field = field(selector);
        var test =
                switch (field.kind()) {
                    case TEXT, EACH -> new Test.Equal(value);
                    case WHOLE -> new Test.EqualNumber(whole(selector, value));
                    case FLAG -> new Test.EqualFlag(flag(selector, value));
                    case TEXTS, TABLE ->
                            throw wrongKind(selector, field, "in, contains or is empty");
                };
        return new Expression.Match<>(field, test);
    }

    private static long whole(Token selector, String value) throws InvalidFilterException {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException _) {
            throw new InvalidFilterException(
                    "selector \""
                            + selector.shown()
                            + "\": expected a whole number; found '"
                            + ForeignText.shown(value)
                            + "'");
        }
    }

    private static boolean flag(Token selector, String value) throws InvalidFilterException {
        if (!value.equals("true") && !value.equals("false")) {
            throw new InvalidFilterException(
                    "selector \""
                            + selector.shown()
                            + "\": expected true or false; found '"
                            + ForeignText.shown(value)
                            + "'");
        }
        return value.equals("true");
    }

    private Expression<T> contains(Token selector, String value) throws InvalidFilterException {
        return new Expression.Match<>(countable(selector), new Test.Contains(value));
    }

    private Field<T> countable(Token selector) throws InvalidFilterException {
        var field = field(selector);
        return switch (field.kind()) {
            case TEXT, TEXTS, TABLE, EACH -> field;
            case WHOLE, FLAG -> throw wrongKind(selector, field, "== or !=");
        };
    }

    private Expression<T> matches(Token selector, String value) throws InvalidFilterException {
        var field = field(selector);
        if (field.kind() != Kind.TEXT && field.kind() != Kind.EACH) {
            throw wrongKind(selector, field, "another operator");
        }
        patterns++;
        if (patterns > MAX_MATCHES) {
            throw new InvalidFilterException(
                    "expected at most "
                            + MAX_MATCHES
                            + " regular expressions; found one more at character "
                            + selector.position());
        }
        if (repeats(value) * value.length() > MAX_STEPS
                || value.chars().filter(one -> one == '(').count() > MAX_GROUPS) {
            throw new InvalidFilterException(
                    "expected a regular expression of at most "
                            + MAX_STEPS
                            + " characters, counted as often as they are repeated, and "
                            + MAX_GROUPS
                            + " groups; found '"
                            + ForeignText.shown(value)
                            + "'");
        }
        try {
            return new Expression.Match<>(field, new Test.Matches(Pattern.compile(value)));
        } catch (PatternSyntaxException e) {
            throw new InvalidFilterException(
                    "expected a regular expression; found '"
                            + ForeignText.shown(value)
                            + "': "
                            + ForeignText.shown(String.valueOf(e.getDescription())));
        }
    }

    /// The product of all counts in braces: nested ones multiply, and which are nested is not
    /// looked at.
    private static double repeats(String expression) {
        var product = 1.0;
        var counts = COUNT.matcher(expression);
        while (counts.find()) {
            var upper = counts.group(2) == null ? counts.group(1) : counts.group(2);
            product *= Math.max(1, Double.parseDouble(upper));
        }
        return product;
    }

    private Field<T> field(Token selector) throws InvalidFilterException {
        var path = selector.path();
        if (path.isEmpty()) {
            throw new InvalidFilterException(
                    "expected a selector at character "
                            + selector.position()
                            + "; found "
                            + selector.described());
        }
        return fields.at(path)
                .orElseThrow(() ->
                        new InvalidFilterException(
                                "selector \""
                                        + selector.shown()
                                        + "\" is not valid: expected one of "
                                        + String.join(", ", fields.names())));
    }

    private InvalidFilterException wrongKind(Token selector, Field<T> field, String expected) {
        return new InvalidFilterException(
                "selector \""
                        + selector.shown()
                        + "\" is "
                        + switch (field.kind()) {
                            case TEXT -> "a text";
                            case WHOLE -> "a number";
                            case FLAG -> "true or false";
                            case TEXTS -> "a list";
                            case TABLE -> "a map";
                            case EACH -> "a text of each member of a list";
                        }
                        + ": expected "
                        + expected);
    }

    private String value() throws InvalidFilterException {
        if (!peek().isOperand()) {
            throw unexpected("a value");
        }
        return next().value();
    }

    private Token peek() {
        return tokens.get(at);
    }

    private Token next() {
        return tokens.get(peek().isEnd() ? at : at++);
    }

    /// Takes a mark or a word of the language if it comes next.
    private boolean takes(String word) {
        var taken = peek().isWord(word);
        if (taken) {
            at++;
        }
        return taken;
    }

    private InvalidFilterException unexpected(String expected) {
        var found = peek();
        return new InvalidFilterException(
                "expected "
                        + expected
                        + " at character "
                        + found.position()
                        + "; found "
                        + found.described());
    }
}
