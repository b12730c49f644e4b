package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa profile`, and `--profile`.
class ProfileCommandsTest {
    @TempDir private Path home;

    private Path file;

    @BeforeEach
    void name() {
        file = home.resolve(".config/hansa/profiles.json");
    }

    private Ran hansa(String... words) {
        return Ran.hansa(
                Map.of("HOME", home.toString(), "HANSA_TOKEN", "of-another", "HANSA_CACERT", "/no"),
                "",
                words);
    }

    @Test
    void profileIsSavedWithoutTheToken() throws Exception {
        var token = Files.writeString(home.resolve("t"), "s3cret").toString();

        assertThat(
                        hansa(
                                "profile",
                                "set",
                                "eks",
                                "-http-addr",
                                "https://eks.example:8501",
                                "-token-file",
                                token))
                .isEqualTo(new Ran(0, "Profile saved: eks\n", ""));
        assertThat(hansa("profile", "set", "lke", "-http-addr", "http://127.0.0.1:8500").status())
                .isZero();

        assertThat(Files.readString(file)).contains("eks.example", token).doesNotContain("s3cret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(file.resolveSibling("."))))
                .isEqualTo("rwx------");
        assertThat(hansa("profile", "list").out())
                .isEqualTo(
                        new Columns()
                                .row("Name", "Address", "CA file", "Token file")
                                .row("eks", "https://eks.example:8501", "-", token)
                                .row("lke", "http://127.0.0.1:8500", "-", "-")
                                .text());
        assertThat(hansa("profile", "list", "-format", "table").out())
                .isEqualTo(hansa("profile", "list").out());
        assertThat(Json.read(hansa("profile", "list", "-format=json").out()))
                .isEqualTo(
                        Json.read(
                                "[{\"Name\":\"eks\",\"Address\":\"https://eks.example:8501\",\"TokenFile\":\""
                                        + token
                                        + "\"},{\"Name\":\"lke\",\"Address\":\"http://127.0.0.1:8500\"}]"));
        assertThat(hansa("profile", "delete", "eks").out()).isEqualTo("Profile deleted: eks\n");
        assertThat(hansa("profile", "delete", "eks").err())
                .isEqualTo("hansa: profile: expected one of 'lke'; found 'eks'\n");
    }

    @Test
    void profileIsWhereACommandAsksAndNothingMeantForAnotherServerGoesThere() throws IOException {
        var token = Files.writeString(home.resolve("t"), "of-eks").toString();
        try (var server = new TestingServer()) {
            server.on("GET /v1/peerings", 200, "[]");
            hansa("profile", "set", "bare", "-http-addr", server.address());
            hansa("profile", "set", "eks", "-http-addr", server.address(), "-token-file", token);

            assertThat(hansa("peering", "list", "-profile", "bare").status()).isZero();
            assertThat(hansa("peering", "list", "-profile", "eks").status()).isZero();
            assertThat(hansa("peering", "list", "-profile", "eks", "-token", "f").status())
                    .isZero();

            assertThat(server.tokens()).containsExactly("", "of-eks", "f");
            assertThat(
                            hansa("peering", "list", "-profile", "eks", "-http-addr", "other:1")
                                    .status())
                    .isEqualTo(2);
        }
    }

    @Test
    void fileThatOthersMayWriteIsRefused() throws IOException {
        hansa("profile", "set", "eks", "-http-addr", "http://127.0.0.1:8500");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));

        assertThat(hansa("profile", "list"))
                .isEqualTo(
                        new Ran(
                                1,
                                "",
                                "hansa: profiles '"
                                        + file
                                        + "': expected only its owner to write it; found rw-rw---- (chmod 600 it, after a look at what is in it)\n"));
    }

    @Test
    void whatIsNoProfileIsRefused() throws IOException {
        assertThat(hansa("profile", "list").out()).isEqualTo("There are no profiles.\n");
        assertThat(hansa("profile", "list", "-format", "json").out().strip()).matches("\\[ ?]");
        assertThat(hansa("profile", "set", "A:1", "-http-addr", "h:1").status()).isEqualTo(2);
        assertThat(hansa("profile", "set", "a").status()).isEqualTo(2);
        assertThat(hansa("profile", "set", "a", "-http-addr", "ftp://h").status()).isEqualTo(1);
        assertThat(hansa("profile", "set", "a", "-http-addr", "h:1", "-token-file", "/no").err())
                .isEqualTo(
                        "hansa: token file: expected a file that can be read; found none at '/no'\n");
        assertThat(Files.exists(file)).isFalse();

        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"eks\":");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThat(hansa("profile", "list").err())
                .contains("profiles '" + file + "': expected JSON");
        Files.writeString(file, "{\"eks\":{}}");
        assertThat(hansa("profile", "list").err()).contains("found 'eks' without one");
    }
}
