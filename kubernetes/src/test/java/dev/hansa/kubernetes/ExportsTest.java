package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What one team's ExportedServices may do to another's.
class ExportsTest {
    @TempDir private static Path folder;
    private static TestingDatacenter eks;
    private TestingCluster cluster;

    @BeforeAll
    static void startDatacenter() throws Exception {
        eks = TestingDatacenter.start("eks", folder);
    }

    @AfterAll
    static void stopDatacenter() throws Exception {
        eks.close();
    }

    @BeforeEach
    void startCluster() {
        cluster = new TestingCluster(folder);
    }

    @AfterEach
    void stopCluster() throws Exception {
        cluster.close();
        eks.ask("DELETE", "/v1/config/exported-services/default", "");
    }

    private Subject export(String name, String more) throws Exception {
        return cluster.create(
                ResourceKind.EXPORTED_SERVICES,
                name,
                "{'services': [{'name': '"
                        + name
                        + "', 'consumers': [{'peer': 'lke'}]}]"
                        + more
                        + "}");
    }

    private static String exported() {
        return String.join(
                " ",
                TestingCluster.names(
                        eks.entry("exported-services", "default").path("Services"), "Name"));
    }

    @Test
    void serverThatCannotJudgeNowLosesNoExport() throws Exception {
        try (var door = new TestingDoor(eks)) {
            cluster.operate(eks, Map.of("http-addr", door.address()));
            var one = export("one", "");
            var two = export("two", "");
            cluster.untilSynced(one, "True");
            cluster.untilSynced(two, "True");

            door.loseLeader();
            cluster.untilSynced(one, "ServerUnreachable");
            assertThat(exported()).isEqualTo("one two");

            door.findLeader();
            cluster.untilSynced(one, "True");
        }
    }

    @Test
    void objectThatKubernetesDoesNotLetBeWrittenKeepsNoOtherWaiting() throws Exception {
        var broken = TestingCluster.subject(ResourceKind.EXPORTED_SERVICES, "broken");
        cluster.refuse(broken);
        cluster.operate(eks, Map.of());
        export("broken", "");
        var other = export("other", "");

        cluster.untilSynced(other, "True");
        until(() -> exported().equals("broken other"));
        cluster.delete(other);
        until(() -> cluster.now(other).isEmpty());
        assertThat(exported()).isEqualTo("broken");
    }

    /// Also by an operator that has just started: what was taken stands in the status.
    @Test
    void editThatTheServerRefusesTakesNoExportAway() throws Exception {
        cluster.operate(eks, Map.of());
        var one = export("one", "");
        cluster.untilSynced(one, "True");

        cluster.spec(one, "{'services': [{'name': 'one', 'consumers': [{'peer': '*'}]}]}");
        cluster.untilSynced(one, "Refused");
        export("two", "");
        until(() -> exported().equals("one two"));
        assertThat(cluster.status(one).path("lastError").asText())
                .contains("what it exported before is exported until it is mended");
        cluster.operate(eks, Map.of());
        cluster.stopFirst();
        export("three", "");
        until(() -> exported().equals("one three two"));

        cluster.spec(one, "{'services': [{'name': 'other', 'consumers': [{'peer': 'lke'}]}]}");
        until(() -> exported().equals("other three two"));
    }

    @Test
    void metaOfSeveralObjectsIsNotAddedUp() throws Exception {
        cluster.operate(eks, Map.of());
        for (var name : new String[] {"one", "two"}) {
            export(
                    name,
                    IntStream.range(0, 60)
                            .mapToObj(i -> "'" + name + i + "': 'x'")
                            .collect(Collectors.joining(", ", ", 'meta': {", "}")));
        }

        cluster.untilSynced(TestingCluster.subject(ResourceKind.EXPORTED_SERVICES, "one"), "True");
        cluster.untilSynced(TestingCluster.subject(ResourceKind.EXPORTED_SERVICES, "two"), "True");
        assertThat(eks.entry("exported-services", "default").path("Meta").size()).isEqualTo(3);
    }

    /// Each has some 180 KiB, and the server takes 256 KiB.
    @Test
    void objectThatMakesTheWholeTooLargeIsLeftOut() throws Exception {
        var consumers =
                IntStream.range(0, 64)
                        .mapToObj(i -> "{'peer': '" + "p".repeat(60) + i + "'}")
                        .collect(Collectors.joining(", "));
        for (var name : new String[] {"a", "b"}) {
            cluster.create(
                    ResourceKind.EXPORTED_SERVICES,
                    name,
                    IntStream.range(0, 30)
                            .mapToObj(i ->
                                    "{'name': '"
                                            + name
                                            + i
                                            + "', 'consumers': ["
                                            + consumers
                                            + "]}")
                            .collect(Collectors.joining(", ", "{'services': [", "]}")));
        }
        cluster.operate(eks, Map.of());
        export("c", "");

        cluster.untilSynced(TestingCluster.subject(ResourceKind.EXPORTED_SERVICES, "a"), "True");
        cluster.untilSynced(TestingCluster.subject(ResourceKind.EXPORTED_SERVICES, "b"), "Refused");
        cluster.untilSynced(TestingCluster.subject(ResourceKind.EXPORTED_SERVICES, "c"), "True");
        assertThat(exported()).contains("a29", "c").doesNotContain("b");
    }

    @Test
    void serviceIsExportedByItsOwnNameWhateverIsWrittenOnIt() throws Exception {
        cluster.client()
                .resource(
                        new ServiceBuilder()
                                .withNewMetadata()
                                .withName("shipping")
                                .withNamespace("shop")
                                .addToLabels("export", "yes")
                                .addToAnnotations("hansa.dev/service-name", "*")
                                .addToAnnotations("consul.hashicorp.com/connect-service", "pay")
                                .endMetadata()
                                .build())
                .create();
        cluster.operate(eks, Map.of());
        cluster.create(
                ResourceKind.EXPORTED_SERVICES,
                "labelled",
                "{'services': [{'selector': {'matchLabels': {'export': 'yes'}}, 'consumers': [{'peer': 'lke'}]}]}");

        until(() -> exported().equals("shipping"));
    }
}
