package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BranchTest {
    @Test
    void onlyCommandsAreMadeThatTheWordsName() {
        var asked =
                ScopedValue.where(Branch.WORDS, Set.of("acl", "token", "list"))
                        .call(() -> AclCommands.commandLine(Surroundings.ofProcess()));

        assertThat(asked.getSubcommands()).containsOnlyKeys("token");
        assertThat(asked.getSubcommands().values())
                .allSatisfy(token -> assertThat(token.getSubcommands()).containsOnlyKeys("list"));
    }

    @Test
    void allAreMadeWhereTheWordsNameNone() {
        var all = AclCommands.commandLine(Surroundings.ofProcess()).getSubcommands().keySet();
        var mistyped =
                ScopedValue.where(Branch.WORDS, Set.of("acl", "tokn"))
                        .call(() -> AclCommands.commandLine(Surroundings.ofProcess()));

        assertThat(mistyped.getSubcommands()).containsOnlyKeys(all).hasSizeGreaterThan(4);
        assertThat(Ran.hansa(Map.of(), "", "acl", "tokn").err()).contains("did you mean 'token'?");
        assertThat(Ran.hansa(Map.of(), "", "acl", "token", "-h").out())
                .contains("create", "list", "delete");
        assertThat(Ran.hansa(Map.of(), "", "acl", "-h", "token").out()).contains("policy");
    }

    /// Each by its own name, as it is typed.
    @Test
    void eachCommandIsFoundByItsWords() {
        eachUnder(List.of(), Main.commandLine(Surroundings.ofProcess()));
    }

    private static void eachUnder(List<String> words, CommandLine line) {
        if (line.getSubcommands().isEmpty()) {
            var typed = new ArrayList<>(words);
            typed.add("--no-such-flag");
            assertThat(Ran.hansa(Map.of(), "", typed.toArray(String[]::new)).err())
                    .as(typed.toString())
                    .startsWith("hansa: hansa " + String.join(" ", words) + ": ")
                    .contains("'--no-such-flag'");
        }
        line.getSubcommands()
                .forEach((name, command) -> {
                    var deeper = new ArrayList<>(words);
                    deeper.add(name);
                    eachUnder(deeper, command);
                });
    }
}
