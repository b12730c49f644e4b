package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each folder under `configentry` is an entry and what becomes of it.
class ConfigEntriesTest {
    static List<Path> cases() throws IOException, URISyntaxException {
        var root =
                Path.of(
                        Objects.requireNonNull(ConfigEntriesTest.class.getResource("/configentry"))
                                .toURI());
        try (var folders = Files.list(root)) {
            return folders.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void entryBecomesWhatItsFolderSays(Path folder) throws IOException {
        var input =
                Stream.of("input.json", "input.yaml", "input.hcl")
                        .map(folder::resolve)
                        .filter(Files::exists)
                        .findFirst()
                        .orElseThrow();
        var expected = folder.resolve("expected.json");

        switch (ConfigEntries.parse(Files.readString(input))) {
            case ParsedEntry.Valid(_, _, var json) ->
                    assertThat(json).isEqualTo(Files.readString(expected).strip());
            case ParsedEntry.Invalid(var sentence, var status) -> {
                assertThat(expected).as(sentence).doesNotExist();
                assertThat(sentence)
                        .startsWith(Files.readString(folder.resolve("error.txt")).strip())
                        .doesNotContain("\n");
                assertThat(status).isIn(400, 500);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsWrittenReadsAsTheSame(Path folder) throws IOException {
        var expected = folder.resolve("expected.json");
        if (Files.exists(expected)) {
            var json = Files.readString(expected).strip();

            assertThat(ConfigEntries.parse(json))
                    .isInstanceOfSatisfying(
                            ParsedEntry.Valid.class,
                            valid -> assertThat(valid.json()).isEqualTo(json));
        }
    }

    @Test
    void deepEntryIsRefused() {
        var deep = "{\"Kind\":\"proxy-defaults\",\"Config\":" + "[".repeat(10_000);

        assertThat(ConfigEntries.parse(deep))
                .isInstanceOfSatisfying(
                        ParsedEntry.Invalid.class,
                        invalid -> assertThat(invalid.httpStatus()).isEqualTo(400));
        assertThat(ConfigEntries.parse("a: " + "[".repeat(10_000)))
                .isInstanceOf(ParsedEntry.Invalid.class);
    }

    @Test
    void longEntryIsRefusedUnread() {
        assertThat(ConfigEntries.parse("{" + " ".repeat(300_000)))
                .isEqualTo(
                        new ParsedEntry.Invalid(
                                "config entry: expected at most 262144 characters; found 300001",
                                400));
    }

    @Test
    void aliasesOfYamlDoNotMultiply() {
        var bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 12; i++) {
            bomb.append("a%d: &a%d [".formatted(i, i))
                    .append(String.join(",", Collections.nCopies(9, "*a" + (i - 1))))
                    .append("]\n");
        }

        assertThat(ConfigEntries.parse(bomb.toString())).isInstanceOf(ParsedEntry.Invalid.class);
    }
}
