package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Each command and flag of Consul's in the areas that hansa mirrors is taken, or refused by name
/// with a reason; each flag of ours is one of them, or is listed as our own. `-Dgolden.update=true`
/// writes docs/reference/consul-commands.md anew.
class ConsulCommandsTest {
    @Test
    void eachFlagOfConsulIsTakenOrRefusedWithAReason() throws IOException {
        var all = ConsulCommands.read();
        var problems = new ArrayList<String>();
        all.consul()
                .forEach((command, flags) -> {
                    var spec = all.hansa().get(command);
                    var isRefused = NotTaken.command(command).isPresent();
                    if ((spec != null) == isRefused) {
                        problems.add(
                                command + ": " + (isRefused ? "taken and refused" : "neither"));
                    }
                    if (spec == null) {
                        return;
                    }
                    flags.forEach((flag, takesValue) -> {
                        var option = spec.optionsMap().get("-" + flag);
                        if ((option != null) == NotTaken.flag(command, "-" + flag).isPresent()) {
                            problems.add(
                                    command
                                            + " "
                                            + flag
                                            + (option == null ? ": neither" : ": both"));
                        } else if (option != null && (option.arity().max() > 0) != takesValue) {
                            problems.add(
                                    command + " " + flag + ": has a value here or there alone");
                        }
                    });
                });

        assertThat(problems).isEmpty();
        assertThat(all.consul()).hasSizeGreaterThan(80);
    }

    @Test
    void nothingIsRefusedThatConsulHasNot() throws IOException {
        var all = ConsulCommands.read();

        assertThat(NotTaken.all())
                .allSatisfy(line -> {
                    assertThat(all.consul()).as(line.toString()).containsKey(line.command());
                    if (!line.flag().isEmpty()) {
                        assertThat(all.consul().get(line.command())).containsKey(line.flag());
                    }
                    assertThat(line.why()).isNotBlank();
                });
    }

    @Test
    void whoeverAsksForWhatIsNotTakenIsToldWhy() throws IOException {
        var all = ConsulCommands.read();
        for (var line : NotTaken.all()) {
            var words = new ArrayList<>(List.of(line.command().split(" ")));
            if (!line.flag().isEmpty()) {
                var flags = all.consul().getOrDefault(line.command(), Map.of());
                words.add(line.flag());
                if (flags.getOrDefault(line.flag(), false)) {
                    words.add("x");
                }
            }

            var ran = Ran.hansa(Map.of(), "", words.toArray(String[]::new));

            assertThat(ran.status()).as(words + ran.err()).isEqualTo(2);
            assertThat(ran.err())
                    .as(words.toString())
                    .contains("found '" + (line.flag().isEmpty() ? "" : "-" + line.flag()))
                    .contains("which it has not: " + line.why());
        }
        assertThat(Ran.hansa(Map.of(), "", "acl", "role").err())
                .isEqualTo(
                        "hansa: hansa acl: expected what hansa has of Consul's; found 'role', which it has not: policies and identities of a token, and binding rules for who logs in, say the same; see 'hansa acl --help'\n");
    }

    @Test
    void eachFlagOfOursIsConsulsOrListedAsOurOwn() throws IOException {
        var all = ConsulCommands.read();
        var problems = new ArrayList<String>();
        all.hansa()
                .forEach((command, spec) -> {
                    var known = all.consul().get(command);
                    if (known == null && !all.own().containsKey(command)) {
                        problems.add(command + ": neither Consul's nor listed");
                    }
                    var flags = ConsulCommands.flags(spec);
                    for (var flag : flags) {
                        var isKnown = known != null && known.containsKey(flag);
                        if (!isKnown && !all.isOwn(command, flag)) {
                            problems.add(command + " " + flag + ": neither Consul's nor listed");
                        }
                    }
                    for (var flag : all.own().getOrDefault(command, Set.of())) {
                        if (!flags.contains(flag) || known != null && known.containsKey(flag)) {
                            problems.add(command + " " + flag + ": listed as our own, and is not");
                        }
                    }
                });
        all.own().keySet().stream()
                .filter(command ->
                        !command.equals(ConsulCommands.EACH) && !all.hansa().containsKey(command))
                .forEach(command -> problems.add(command + ": listed, and not there"));

        assertThat(problems).isEmpty();
    }

    @Test
    void pageIsWhatTheListsSay() throws IOException {
        var text = ConsulCommands.read().page();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(ConsulCommands.PAGE, text);
        }

        assertThat(Files.readString(ConsulCommands.PAGE))
                .as("docs/reference/consul-commands.md; -Dgolden.update=true writes it anew")
                .isEqualTo(text);
    }
}
