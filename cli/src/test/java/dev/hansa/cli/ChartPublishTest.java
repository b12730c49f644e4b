package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// What `deploy/publish.sh` would do.
class ChartPublishTest {
    /// It prints lines and ends.
    private static final long SECONDS = 30;

    private record Ended(int status, List<String> lines) {}

    private static Ended publish(String... arguments) throws Exception {
        var words = new ArrayList<>(List.of("bash", "deploy/publish.sh", "--dry-run"));
        words.addAll(List.of(arguments));
        var process =
                new ProcessBuilder(words)
                        .directory(TestingChart.ROOT.toFile())
                        .redirectErrorStream(true)
                        .start();
        try (var output = process.getInputStream()) {
            var text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), text.lines().map(String::strip).toList());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void eachReleaseIsAVersionOfTheChartWithItsOwnImage() throws Exception {
        var ended = publish("registry.example/team", "--tag", "1.2.3");

        assertThat(ended.lines())
                .contains(
                        "docker push registry.example/team/hansa:1.2.3",
                        "sed -i s\\|\\^\\ \\ repository:\\ hansa\\$\\|\\ \\ repository:\\ registry.example/team/hansa\\| target/charts/hansa/values.yaml",
                        "helm package target/charts/hansa --version 1.2.3 --app-version 1.2.3 --destination target/charts",
                        "helm push target/charts/hansa-1.2.3.tgz oci://registry.example/team/charts");
        assertThat(ended.status()).isZero();
    }

    @Test
    void tagThatIsNoVersionOfAChartIsRefused() throws Exception {
        var ended = publish("registry.example/team", "--tag", "latest");

        assertThat(ended.lines())
                .containsExactly(
                        "publish: --tag: expected a version such as 0.1.0 or 0.2.0-rc.1; found 'latest'");
        assertThat(ended.status()).isEqualTo(1);
    }
}
