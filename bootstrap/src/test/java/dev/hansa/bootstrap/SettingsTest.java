package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    @TempDir Path folder;

    @Test
    void flagBeatsEnvironmentBeatsFile() throws Exception {
        var file =
                Files.writeString(
                        folder.resolve("s.properties"), "a.port = 1\nb.port = 1\nc.port = 1\n");
        var settings =
                Settings.of(
                        Map.of("a.port", "3"),
                        Map.of("HANSA_A_PORT", "2", "HANSA_B_PORT", "2"),
                        Optional.of(file));

        assertThat(settings.port("a.port", 0)).isEqualTo(3);
        assertThat(settings.port("b.port", 0)).isEqualTo(2);
        assertThat(settings.port("c.port", 0)).isEqualTo(1);
        assertThat(settings.port("d.port", 9)).isEqualTo(9);
        settings.finish();
    }

    @Test
    void allProblemsAreReportedAtOnceWithTheNearestKnownKey() {
        var settings =
                Settings.of(
                        Map.of(
                                "listener.port",
                                "https",
                                "drain-timeout",
                                "soon",
                                "listner.address",
                                "x"),
                        Map.of(),
                        Optional.empty());
        settings.port("listener.port", 8443);
        settings.duration("drain-timeout", Duration.ofSeconds(10));
        settings.text("listener.address", "");
        settings.requiredText("datacenter", "a datacenter name");

        var failure = catchThrowableOfType(InvalidConfigException.class, settings::finish);

        assertThat(failure.problems())
                .containsExactlyInAnyOrder(
                        "listener.port: expected a port number from 0 to 65535; found 'https' in flag",
                        "drain-timeout: expected a duration such as 250ms, 10s or 72h; found 'soon' in flag",
                        "datacenter: expected a datacenter name; found nothing (set it by flag --datacenter, by"
                                + " HANSA_DATACENTER or in the file)",
                        "listner.address: no such setting; did you mean 'listener.address'?");
    }

    @Test
    void keyThatStandsTwiceInTheFileIsAProblem() throws Exception {
        var file = Files.writeString(folder.resolve("s.properties"), "a = 1\na = 2\n");
        var settings = Settings.of(Map.of(), Map.of(), Optional.of(file));
        settings.text("a", "");

        var failure = catchThrowableOfType(InvalidConfigException.class, settings::finish);

        assertThat(failure.problems())
                .containsExactly("a: expected one line in " + file + "; found two");
    }

    @Test
    void missingFileIsAProblemAndNotAStackTrace() {
        var settings = Settings.of(Map.of(), Map.of(), Optional.of(folder.resolve("none")));

        var failure = catchThrowableOfType(InvalidConfigException.class, settings::finish);

        assertThat(failure.problems())
                .singleElement()
                .asString()
                .contains("expected a readable configuration file");
    }

    @Test
    void addressesTakeBracketedIpv6AndRefuseBareOnes() {
        assertThat(Settings.parseAddress("[::1]:80").getHostString()).isEqualTo("::1");
        assertThat(
                        catchThrowableOfType(
                                IllegalArgumentException.class,
                                () -> Settings.parseAddress("::1:80")))
                .isNotNull();
    }
}
