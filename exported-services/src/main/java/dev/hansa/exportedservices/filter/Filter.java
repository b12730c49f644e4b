package dev.hansa.exportedservices.filter;

import com.google.re2j.Pattern;
import dev.hansa.exportedservices.filter.FilterFields.Field;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A filter that was read and can be asked. Two with the same text are equal.
public final class Filter<T> {
    /// An expression over a `T`.
    sealed interface Expression<T> {
        record Any<T>(List<Expression<T>> of) implements Expression<T> {}

        record All<T>(List<Expression<T>> of) implements Expression<T> {}

        record Not<T>(Expression<T> what) implements Expression<T> {}

        record Match<T>(Field<T> field, Test test) implements Expression<T> {}
    }

    /// What is asked of one field. The negated operators are a [Expression.Not] around these.
    sealed interface Test {
        record Equal(String value) implements Test {}

        record EqualNumber(long value) implements Test {}

        record EqualFlag(boolean value) implements Test {}

        /// A list has it, a table has it as a key, a text has it somewhere within.
        record Contains(String value) implements Test {}

        record Matches(Pattern pattern) implements Test {}

        record Empty() implements Test {}

        /// A member of a list does not pass.
        record Fails(Test test) implements Test {}
    }

    private final String text;
    private final Expression<T> expression;

    Filter(String text, Expression<T> expression) {
        this.text = text;
        this.expression = expression;
    }

    /// @throws InvalidFilterException when the text is no expression over these fields
    public static <T> Filter<T> parse(String text, FilterFields<T> fields)
            throws InvalidFilterException {
        return new FilterParser<>(text, fields).filter();
    }

    /// The expression as it was written.
    public String text() {
        return text;
    }

    /// Costs at most the filter's length times that of what it looks at.
    public boolean matches(T subject) {
        return holds(expression, subject);
    }

    private boolean holds(Expression<T> asked, T subject) {
        return switch (asked) {
            case Expression.Any<T>(var of) -> of.stream().anyMatch(one -> holds(one, subject));
            case Expression.All<T>(var of) -> of.stream().allMatch(one -> holds(one, subject));
            case Expression.Not<T>(var what) -> !holds(what, subject);
            case Expression.Match<T>(var field, var test) ->
                    passes(test, field.read().apply(subject));
        };
    }

    private static boolean passes(Test test, FilterValue found) {
        if (found instanceof FilterValue.Each(var values)) {
            return values.stream().anyMatch(one -> passes(test, new FilterValue.Text(one)));
        }
        return switch (test) {
            case Test.Fails(var inner) -> !passes(inner, found);
            case Test.Equal(var value) -> text(found).filter(value::equals).isPresent();
            case Test.EqualNumber(var value) ->
                    found instanceof FilterValue.Whole(var held) && held == value;
            case Test.EqualFlag(var value) ->
                    found instanceof FilterValue.Flag(var held) && held == value;
            case Test.Matches(var pattern) ->
                    text(found).filter(held -> pattern.matcher(held).find()).isPresent();
            case Test.Contains(var value) ->
                    switch (found) {
                        case FilterValue.Text(var held) -> held.contains(value);
                        case FilterValue.Texts(var held) -> held.contains(value);
                        case FilterValue.Table(var held) -> held.containsKey(value);
                        case FilterValue.Whole _,
                                FilterValue.Flag _,
                                FilterValue.Each _,
                                FilterValue.Absent _ ->
                                false;
                    };
            case Test.Empty _ ->
                    switch (found) {
                        case FilterValue.Text(var held) -> held.isEmpty();
                        case FilterValue.Texts(var held) -> held.isEmpty();
                        case FilterValue.Table(Map<String, String> held) -> held.isEmpty();
                        case FilterValue.Absent _ -> true;
                        case FilterValue.Whole _, FilterValue.Flag _, FilterValue.Each _ -> false;
                    };
        };
    }

    private static Optional<String> text(FilterValue found) {
        return found instanceof FilterValue.Text(var held) ? Optional.of(held) : Optional.empty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Filter<?> that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
