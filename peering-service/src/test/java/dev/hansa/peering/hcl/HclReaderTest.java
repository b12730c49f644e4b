package dev.hansa.peering.hcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Each folder under `hcl` is a text and what it says.
class HclReaderTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static List<Path> cases() throws IOException, URISyntaxException {
        var root = Path.of(Objects.requireNonNull(HclReaderTest.class.getResource("/hcl")).toURI());
        try (var folders = Files.list(root)) {
            return folders.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void textSaysWhatItsFolderSays(Path folder) throws IOException, HclException {
        assertThat(HclReader.read(Files.readString(folder.resolve("input.hcl"))))
                .isEqualTo(JSON.readTree(Files.readString(folder.resolve("expected.json"))));
    }

    /// `|` is a line's end.
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "a = ~ 1 4 ~ a string in quotes, a number, true, false, '[' or '{' ~ the end of the text",
                "a = b ~ 1 5 ~ a string in quotes, a number, true, false, '[' or '{', since nothing is evaluated ~ 'b'",
                "a = upper(\"x\") ~ 1 5 ~ a string in quotes, a number, true, false, '[' or '{', since nothing is evaluated ~ 'upper'",
                "a = 1 + 2 ~ 1 7 ~ a key ~ '+'",
                "|  a: 1 ~ 2 4 ~ '=' after the key 'a', or '{' ~ ':'",
                "a \"b\"|c = 1 ~ 1 3 ~ '=' after the key 'a', or '{' after its labels ~ a string and then '='",
                "a \"b\" = { } ~ 1 3 ~ '=' after the key 'a', or '{' after its labels ~ a string and then '='",
                "{ a = 1 } ~ 1 1 ~ a key ~ '{'",
                ", ~ 1 1 ~ a key ~ ','",
                "a = 1,, ~ 1 7 ~ a key ~ ','",
                "|a {|  b = 1 ~ 3 8 ~ a key, or '}' for the '{' in line 2 ~ the end of the text",
                "a = [1 2] ~ 1 8 ~ ',' or ']' for the '[' in line 1 ~ '2'",
                "a = [,] ~ 1 6 ~ a string in quotes, a number, true, false, '[' or '{' ~ ','",
                "a = [1, ~ 1 8 ~ a string in quotes, a number, true, false, '[' or '{' ~ the end of the text",
                "a = 1 } ~ 1 7 ~ a key ~ '}'",
                "a = \"b ~ 1 5 ~ '\"' at the end of the string that begins here ~ the end of the text",
                "a = \"b|c\" ~ 1 5 ~ '\"' at the end of the string that begins here ~ the end of the line",
                "a = \"\\q\" ~ 1 6 ~ one of \\\" \\\\ \\n \\t \\r \\b \\f \\a \\v \\uXXXX \\UXXXXXXXX ~ '\\q'",
                "a = \"\\x41\" ~ 1 6 ~ one of \\\" \\\\ \\n \\t \\r \\b \\f \\a \\v \\uXXXX \\UXXXXXXXX ~ '\\x'",
                "a = \"\\u12G4\" ~ 1 6 ~ 4 digits from 0 to 9 and A to F after '\\u' ~ others",
                "a = \"\\ud83d\\ude00\" ~ 1 6 ~ the code of a character; one beyond \\uFFFF is written as in \\U0001F600 ~ another number",
                "a = \"\\U00110000\" ~ 1 6 ~ the code of a character; one beyond \\uFFFF is written as in \\U0001F600 ~ another number",
                "a = \"${f(\"b\")}\" ~ 1 6 ~ '}' after '${', with no quotes, backslashes, braces or line ends before it, since nothing is evaluated ~ '\"'",
                "a = \"${b ~ 1 6 ~ '}' after '${', with no quotes, backslashes, braces or line ends before it, since nothing is evaluated ~ the end of the text",
                "a = <<EOF|b ~ 1 5 ~ a line 'EOF' at the end of the text that begins here ~ the end of the text",
                "a = << EOF|EOF ~ 1 5 ~ '<<' or '<<-', a word such as EOF and the end of the line ~ something else",
                "a = <<EOF|b|  EOF|EOF ~ 3 1 ~ 'EOF' at the begin of the line, or <<-EOF above ~ it behind blanks",
                "/* a ~ 1 1 ~ '*/' after the comment that begins here ~ the end of the text",
                "a = 1|a = 2 ~ 2 1 ~ 'a' once ~ it again",
                "a \"b\" {}|a \"b\" {} ~ 2 1 ~ 'a' 'b' once ~ it again",
                "a {}|a \"b\" {} ~ 2 1 ~ 'a' once ~ it again",
                "a \"b\" {}|a {} ~ 2 1 ~ 'a' once ~ it again",
                "a \"b\" {}|a \"b\" \"c\" {} ~ 2 1 ~ 'a' 'b' once ~ it again",
                "a = {}|a \"b\" {} ~ 2 1 ~ 'a' once ~ it again",
                "a { b = 1 c {} b {} } ~ 1 16 ~ 'b' once ~ it again",
            })
    void mistakeIsToldWithItsPlace(String input, String place, String expected, String found) {
        var at = place.split(" ", 2);

        assertThatThrownBy(() -> HclReader.read(input.replace('|', '\n')))
                .isInstanceOf(HclException.class)
                .hasMessage(
                        "HCL at line "
                                + at[0]
                                + ", column "
                                + at[1]
                                + ": expected "
                                + expected
                                + "; found "
                                + found);
    }

    @ParameterizedTest
    @CsvSource({"010", "10s", "1_000", "-", "1.", ".5", "0x", "1e", "1e999", "9223372036854775808"})
    void whatIsNoNumberIsRefused(String text) {
        assertThatThrownBy(() -> HclReader.read("a = " + text))
                .isInstanceOf(HclException.class)
                .hasMessageStartingWith("HCL at line 1, column 5: expected a")
                .hasMessageContaining("number");
    }

    @Test
    void whatIsTooDeepIsRefusedHoweverItIsWritten() {
        for (var level : List.of("a = {", "a {", "a \"b\" {", "[", "a b c d ")) {
            var begin = level.equals("[") ? "a = " : "";
            for (var levels : List.of(HclReader.MAX_DEPTH + 1, 20_000)) {
                assertThatThrownBy(() -> HclReader.read(begin + level.repeat(levels)))
                        .as(level)
                        .isInstanceOf(HclException.class)
                        .hasMessageContaining(
                                "expected at most 32 levels of objects, lists and labels; found more");
            }
        }
    }

    @Test
    void deepestTextIsRead() throws HclException {
        var depth = HclReader.MAX_DEPTH;

        assertThat(HclReader.read("a {".repeat(depth) + "}".repeat(depth)).toString())
                .isEqualTo("{\"a\":".repeat(depth) + "{}" + "}".repeat(depth));
        assertThat(HclReader.read("a = " + "[".repeat(depth) + "]".repeat(depth)).toString())
                .isEqualTo("{\"a\":" + "[".repeat(depth) + "]".repeat(depth) + "}");
    }

    @Test
    void whatIsTooMuchIsRefused() throws HclException {
        var longest = "a = \"" + "b".repeat(HclReader.MAX_CHARACTERS - 6) + "\"";

        assertThat(HclReader.read(longest).path("a").asText())
                .hasSize(HclReader.MAX_CHARACTERS - 6);
        assertThatThrownBy(() -> HclReader.read(longest + "\n"))
                .isInstanceOf(HclException.class)
                .hasMessageContaining("at most 524288 characters; found 524289 characters");
        assertThatThrownBy(() -> HclReader.read("a = [" + "1,".repeat(HclTokens.MOST) + "]"))
                .isInstanceOf(HclException.class)
                .hasMessageContaining("at most 100000 words and signs; found more");
    }

    @Test
    void placeIsThereForThoseWhoShowIt() {
        assertThatThrownBy(() -> HclReader.read("a = 1\n  b !"))
                .isInstanceOfSatisfying(
                        HclException.class,
                        mistake -> {
                            assertThat(mistake.line()).isEqualTo(2);
                            assertThat(mistake.column()).isEqualTo(5);
                        });
    }

    @Test
    void textOfAStringIsInNoMistake() {
        assertThatThrownBy(() -> HclReader.read("a \"hush\"\n\"hush\" = 1"))
                .isInstanceOf(HclException.class)
                .message()
                .doesNotContain("hush");
    }
}
