package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `hansa completion`, asked by the shells themselves.
class CompletionTest {
    @TempDir private Path folder;

    private static String script(String shell) {
        var ran = Ran.hansa(Map.of(), "", "completion", shell);
        assertThat(ran.status()).as(ran.err()).isZero();
        return ran.out();
    }

    private static boolean isInstalled(String shell) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, shell)));
    }

    private static List<String> run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "pee|peer,peering",
                "peering lis|list",
                "acl token |create,list,read,self,update,clone,delete",
                "connect ca |get-config,set-config",
                "services |register,deregister,export,exported-services,imported-services",
                "members --st|--status",
                "monitor --log-level |info,warn",
                "debug --capture |metrics,logs",
                "peer --kube|--kube-service,--kube-port,--kube-tls",
                "peering list --form|--format",
                "peering list --format |pretty,json,table",
                "peering list --token-f|--token-file",
                "completion f|fish"
            })
    void bashCompletesCommandsFlagsAndValues(String typed, String expected) throws Exception {
        assumeThat(isInstalled("bash")).isTrue();
        var file = Files.writeString(folder.resolve("hansa.bash"), script("bash"));
        var words = ("hansa " + typed).split(" ", -1);
        var list = new StringBuilder();
        for (var word : words) {
            list.append('\'').append(word).append("' ");
        }

        // what changes how bash goes on, only bash's own completion may call
        var found =
                run(
                        "bash",
                        "--norc",
                        "-c",
                        "source '%s'; compopt() { :; }; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE='hansa %s'; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; _complete_hansa; printf '%%s\\n' \"${COMPREPLY[@]}\""
                                .formatted(file, list, words.length - 1, typed));

        assertThat(found).contains(expected.split(","));
        if (!words[words.length - 1].isEmpty()) {
            assertThat(found).allMatch(each -> each.startsWith(words[words.length - 1]));
        }
    }

    @Test
    void zshReadsTheScript() throws Exception {
        assumeThat(isInstalled("zsh")).isTrue();
        var file = Files.writeString(folder.resolve("hansa.zsh"), script("zsh"));

        assertThat(run("zsh", "-f", "-c", "source '" + file + "' && whence _complete_hansa"))
                .containsExactly("_complete_hansa");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "hansa pee|peering",
                "hansa peering list --form|--format",
                "hansa peering list --format |json",
                "hansa --format peering read --na|--name"
            })
    void fishCompletesCommandsFlagsAndValues(String typed, String expected) throws Exception {
        assumeThat(isInstalled("fish")).isTrue();
        var file = Files.writeString(folder.resolve("hansa.fish"), script("fish"));

        assertThat(
                        run(
                                "fish",
                                "--no-config",
                                "-c",
                                "source '" + file + "'; complete -C '" + typed + "'"))
                .anyMatch(line -> line.startsWith(expected));
    }

    /// Also where there is no fish to ask: every command and every flag has its line, and a text
    /// with a quote does not end early.
    @Test
    void fishScriptHasEveryCommandOnce() {
        var lines = script("fish").lines().toList();

        assertThat(lines)
                .contains(
                        "complete -c hansa -n '__hansa_at hansa/acl/token' -a self -d 'Print the token that this command asks with.'")
                .anyMatch(line ->
                        line.startsWith(
                                "complete -c hansa -n '__hansa_at hansa/peering/list' -l format -x -a 'pretty json table'"))
                .anyMatch(line ->
                        line.startsWith(
                                "complete -c hansa -n '__hansa_at hansa/peering/list' -l token-file -r -F"))
                .contains("complete -c hansa -n '__hansa_at hansa/completion' -a 'bash zsh fish'")
                .noneMatch(line -> line.contains("exit-with-parent"));
        assertThat(lines).filteredOn(line -> line.startsWith("complete")).doesNotHaveDuplicates();
        assertThat(lines)
                .filteredOn(line -> line.startsWith("complete"))
                .allMatch(line ->
                        line.replace("\\'", "").chars().filter(c -> c == '\'').count() % 2 == 0);
        assertThat(lines.getFirst()).isEqualTo("# fish completion for hansa");
        assertThat(lines.get(1)).contains(" hansa/peering/list ", " hansa/acl/token/self ");
    }

    @Test
    void otherShellIsAMistake() {
        assertThat(Ran.hansa(Map.of(), "", "completion", "csh").status()).isEqualTo(2);
        assertThat(Ran.hansa(Map.of(), "", "completion").status()).isEqualTo(2);
    }
}
