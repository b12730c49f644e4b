package dev.hansa.kubernetes.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which server of a StatefulSet begins a datacenter: one, once.
class ServerPlaceTest {
    private static final String MAP = "hansa-server-founder";

    @TempDir private Path folder;

    private void prepare(TestingInstallation at, String name, String volume) throws Exception {
        ServerPlace.prepare(
                TestingInstallation.settings(
                        Map.of(
                                "name",
                                name,
                                "http-addr",
                                "127.0.0.1:1",
                                "bearer-token-file",
                                at.bearer("hansa", "hansa-server").toString(),
                                "data-dir",
                                folder.resolve(volume).resolve("server").toString(),
                                "out",
                                Files.createDirectories(folder.resolve("out")).toString(),
                                "wait-limit",
                                "0s")),
                at.client(),
                at.said()::add);
    }

    private void joinsInstead(TestingInstallation at, String name, String volume) {
        // there is nobody to join here
        assertThatThrownBy(() -> prepare(at, name, volume))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("join token of server '" + name + "' at ");
    }

    private static TestingInstallation cluster(Path folder) throws Exception {
        var at = new TestingInstallation(folder);
        at.client()
                .configMaps()
                .inNamespace("hansa")
                .resource(
                        new ConfigMapBuilder()
                                .withNewMetadata()
                                .withName(MAP)
                                .endMetadata()
                                .build())
                .create();
        return at;
    }

    @Test
    void firstServerBeginsAndBeginsAgainWhenItDiedBeforeItHadALog() throws Exception {
        try (var at = cluster(folder)) {
            prepare(at, "hansa-server-0", "volume-0");
            prepare(at, "hansa-server-0", "volume-0");

            assertThat(at.said())
                    .containsExactly(
                            "this server begins the datacenter",
                            "this server begins the datacenter");
            assertThat(folder.resolve("out").resolve(ServerPlace.FILE)).isEmptyFile();
        }
    }

    @Test
    void firstServerWithAnotherVolumeJoinsTheOthers() throws Exception {
        try (var at = cluster(folder)) {
            prepare(at, "hansa-server-0", "volume-0");

            joinsInstead(at, "hansa-server-0", "volume-lost");
        }
    }

    @Test
    void otherServersNeverBegin() throws Exception {
        try (var at = cluster(folder)) {
            joinsInstead(at, "hansa-server-1", "volume-1");
            joinsInstead(at, "hansa-server-10", "volume-10");
        }
    }

    @Test
    void nobodyBeginsWithoutThePlaceWhereItIsWrittenDown() throws Exception {
        try (var at = new TestingInstallation(folder)) {
            assertThatThrownBy(() -> prepare(at, "hansa-server-0", "volume-0"))
                    .hasMessage(
                            "ConfigMap '" + MAP + "': expected within 0s; found 'not there yet'");
        }
    }

    /// After an uninstall the chart's ConfigMap is a new, empty one, and the volumes are there.
    @Test
    void logInTheVolumeIsWrittenDownWhereNobodyIsSoThatNobodyBeginsAgain() throws Exception {
        try (var at = cluster(folder)) {
            Files.createDirectories(folder.resolve("volume-1/server/raft/group"));
            prepare(at, "hansa-server-1", "volume-1");
            assertThat(at.said())
                    .contains("ConfigMap '" + MAP + "' says anew that the datacenter has begun");

            joinsInstead(at, "hansa-server-0", "volume-lost");
            // nor does whoever is written down, without its log
            Files.delete(folder.resolve("volume-1/server/raft/group"));
            joinsInstead(at, "hansa-server-1", "volume-1");
        }
    }

    @Test
    void logInTheVolumeGoesOnThoughNobodyCanWriteItDown() throws Exception {
        try (var at = cluster(folder)) {
            Files.createDirectories(folder.resolve("volume-0/server/raft/group"));
            at.refuse("/api/v1/namespaces/hansa/configmaps/" + MAP);
            prepare(at, "hansa-server-0", "volume-0");

            assertThat(at.said())
                    .first()
                    .asString()
                    .startsWith(
                            "ConfigMap '"
                                    + MAP
                                    + "': expected to say who has begun; found HTTP 403");
            assertThat(at.said()).last().asString().startsWith("the log in ");
        }
    }

    @Test
    void logInTheVolumeGoesOnAndOneThatWasBeingJoinedAsksAgain() throws Exception {
        try (var at = cluster(folder)) {
            Files.createDirectories(folder.resolve("volume-1/server/raft/group"));
            prepare(at, "hansa-server-1", "volume-1");
            assertThat(at.said()).last().asString().startsWith("the log in ");

            Files.writeString(folder.resolve("volume-1/server/raft/joining"), "key");
            joinsInstead(at, "hansa-server-1", "volume-1");
        }
    }
}
