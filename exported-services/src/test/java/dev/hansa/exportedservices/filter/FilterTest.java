package dev.hansa.exportedservices.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterTest {
    private static final ServiceInstance CART =
            new ServiceInstance(
                    new NodeRecord(
                            "n-1",
                            "node-a",
                            "192.0.2.1",
                            "eks",
                            Map.of("wan", "198.51.100.7"),
                            Map.of("zone", "eu-1a")),
                    "cart-1",
                    "cartservice",
                    ServiceKind.TYPICAL,
                    List.of("blue", "canary"),
                    "192.0.2.13",
                    7070,
                    Map.of(),
                    Map.of("version", "v1.2", "team", "buy & sell", "empty", ""),
                    1,
                    1,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    1,
                    1);

    private static boolean holds(String filter) throws InvalidFilterException {
        return Filter.parse(filter, InstanceFields.HEALTH).matches(CART);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Service.Service == cartservice",
                "Service.Service==cartservice",
                "Service.Service != web",
                "Service.Meta.version == v1.2",
                "Service.Meta[\"version\"] == \"v1.2\"",
                "\"/Service/Meta/version\" == `v1.2`",
                "Service.Meta.team == \"buy & sell\"",
                "Service.Meta.absent != v1",
                "Service.Meta.absent is empty",
                "Service.Meta.empty is empty",
                "Service.Meta is not empty",
                "version in Service.Meta",
                "absent not in Service.Meta",
                "Service.Meta contains team",
                "blue in Service.Tags",
                "\"green\" not in Service.Tags",
                "Service.Tags contains canary",
                "Service.Tags not contains green",
                "Service.Tags is not empty",
                "Service.Address contains `.2.13`",
                "Service.Address matches \"^192[.]0[.]2[.]\"",
                "Service.Address not matches `^10`",
                "Service.Port == 7070",
                "Service.Port != 8080",
                "Node.Node == \"node-a\"",
                "Node.Meta.zone matches \"eu-.*\"",
                "Node.TaggedAddresses.wan == \"198.51.100.7\"",
                "not Service.Port == 1",
                "not not Service.Port == 7070",
                "(Service.Port == 1 or blue in Service.Tags) and Service.Kind is empty",
                "Service.Port == 1 and Service.Port == 2 or Service.Port == 7070",
                "Service.Port == 7070 or Service.Port == 1 and Service.Port == 2",
                "not (Service.Port == 1 or Service.Port == 2)",
                "  ( Service.ID == \"cart-1\" )\n",
            })
    void holdsForTheCart(String filter) throws InvalidFilterException {
        assertThat(holds(filter)).isTrue();
        assertThat(holds("not (" + filter + ")")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "Service.Port =~ 3|expected a word, a number, a text in quotes or an operator at character 14; found '=~ 3'",
                "Service.Port|expected an operator: ==, !=, in, not in, contains, is empty or matches at character 13; found the end",
                "Service.Port ==|expected a value at character 16; found the end",
                "(Service.Port == 1|expected ')' at character 19; found the end",
                "Service.Port == 1)|expected 'and', 'or' or the end at character 18; found ')'",
                "Service.Port == 1 Service.Port == 2|expected 'and', 'or' or the end at character 19; found 'Service.Port'",
                "Service.Prot == 1|selector \"Service.Prot\" is not valid: expected one of Service.ID,",
                "Service.Port == many|selector \"Service.Port\": expected a whole number; found 'many'",
                "Service.Port matches x|selector \"Service.Port\" is a number: expected another operator",
                "Service.Port is empty|selector \"Service.Port\" is a number: expected == or !=",
                "Service.Tags == blue|selector \"Service.Tags\" is a list: expected in, contains or is empty",
                "Service.Meta == blue|selector \"Service.Meta\" is a map: expected in, contains or is empty",
                "Service.ID matches \"(\"|expected a regular expression; found '('",
                "Service.ID == \"open|expected a closing \" for the text at character 15; found '\"open'",
                "3 == Service.Port|expected a selector at character 1; found '3'",
                "Service.ID is blank|expected 'empty' at character 15; found 'blank'",
                "Service.ID matches \"((a{100}){100}){100}\"|expected a regular expression of at most 2000 characters, counted as often as they are repeated, and 100 groups",
                "Service.ID matches \"(a?b?c?d?e?f?){1000}\"|expected a regular expression of at most 2000 characters",
                "Service.Port == 1 and|expected a selector such as Service.Meta.version or a value at character 22",
                "Service.ID == \"a\\qb\"|expected \\n, \\r, \\t or \\\\ in the text at character 15; found '\\q'",
            })
    void mistakeIsNamedWithItsPlace(String filter, String sentence) {
        assertThatThrownBy(() -> holds(filter))
                .isInstanceOf(InvalidFilterException.class)
                .hasMessageStartingWith(sentence);
    }

    @Test
    void lengthAndDepthAreBounded() {
        assertThatThrownBy(() -> holds("x".repeat(5000)))
                .hasMessage("expected at most 4096 characters; found 5000");
        assertThatThrownBy(() -> holds("(".repeat(40) + "Service.Port == 1" + ")".repeat(40)))
                .hasMessageStartingWith("expected at most 32 levels of parentheses and 'not'");
        assertThatThrownBy(() -> holds("not ".repeat(1000) + "Service.Port == 1"))
                .hasMessageStartingWith("expected at most 32 levels");
    }

    @Test
    void regularExpressionsAreBounded() throws InvalidFilterException {
        var eight = String.join(" or ", Collections.nCopies(8, "Service.ID matches x"));

        assertThat(holds(eight)).isFalse();
        assertThatThrownBy(() -> holds(eight + " or Service.ID not matches x"))
                .hasMessage(
                        "expected at most 8 regular expressions; found one more at character 193");
    }

    @Test
    void nothingIsNoFilter() {
        assertThatThrownBy(() -> holds("")).isInstanceOf(InvalidFilterException.class);
        assertThatThrownBy(() -> holds("  ")).isInstanceOf(InvalidFilterException.class);
    }

    /// On a stack as small as any that it may run on.
    @ParameterizedTest
    @ValueSource(strings = {"(a?b?c?d?e?f?g?h?){80}", "(a|b|c|d|e|f|g|h|i|j){70}", "a{0,250}"})
    void largestExpressionsFitOnASmallStack(String expression) throws Exception {
        var fields = FilterFields.<String>none().text("Name", one -> one);
        var ran = new CompletableFuture<Boolean>();
        new Thread(
                        null,
                        () -> {
                            try {
                                ran.complete(
                                        Filter.parse("Name matches `" + expression + "`", fields)
                                                .matches("abcdefgh"));
                            } catch (InvalidFilterException | StackOverflowError e) {
                                ran.completeExceptionally(e);
                            }
                        },
                        "small",
                        512 << 10)
                .start();

        assertThat(ran.get(1, TimeUnit.MINUTES)).isNotNull();
    }

    @Test
    void longChainIsNoDepth() throws InvalidFilterException {
        var chain =
                IntStream.range(0, 150)
                        .mapToObj(i -> "Service.Port == " + i)
                        .reduce((a, b) -> a + " or " + b)
                        .orElseThrow();

        assertThat(holds(chain + " or Service.Port == 7070")).isTrue();
    }

    @Test
    void expressionThatIsBadForOtherEnginesTakesNoTime() throws InvalidFilterException {
        var name = "a".repeat(20_000);
        var fields = FilterFields.<String>none().text("Name", one -> one);

        assertThat(Filter.parse("Name matches `^(a+)+$`", fields).matches(name + "b")).isFalse();
    }

    /// As in go-bexpr: a list of things is asked for one that fits, also for one that does not.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Marks.Colour == blue | true",
                "Marks.Colour == red | false",
                "Marks.Colour != blue | true",
                "not Marks.Colour == blue | false",
                "Marks.Colour matches '^gr' | true",
                "Marks.Colour not matches '^gr' | true",
                "Marks.Colour contains ree | true",
            })
    void memberOfAListIsAskedFor(String filter, boolean holds) throws InvalidFilterException {
        var fields = FilterFields.<List<String>>none().each("Marks.Colour", colours -> colours);

        var read = Filter.parse(filter.replace('\'', '"'), fields);

        assertThat(read.matches(List.of("blue", "green"))).isEqualTo(holds);
        assertThat(read.matches(List.of())).isEqualTo(filter.startsWith("not "));
    }
}
