package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.trustbundle.PeerName;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// CVE-2023-1297: three datacenters run a service of the same name, and one imports it from both
/// others. Whatever happens to one of the three, in whatever order, leaves the other two alone.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SameServiceNameTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String API = "api";
    private static final List<String> NAMES = List.of(API, API + "-sidecar-proxy");

    private final Vertx vertx = Vertx.vertx();
    private final List<TestDatacenter> all = new ArrayList<>();
    private TestDatacenter eks;
    private TestDatacenter lke;
    private TestDatacenter vms;

    /// What can happen to the service, or to the peering that brings it.
    enum Step {
        EXPORTER_WITHDRAWS,
        IMPORTER_DELETES_THE_PEERING,
        EXPORTER_DELETES_THE_PEERING,
        IMPORTERS_OWN_COMES_BACK_SICK
    }

    static List<List<Step>> everyOrder() {
        var orders = new ArrayList<List<Step>>();
        order(List.of(), orders);
        return orders;
    }

    private static void order(List<Step> begun, List<List<Step>> orders) {
        if (begun.size() == Step.values().length) {
            orders.add(begun);
        }
        for (var step : Step.values()) {
            if (!begun.contains(step)) {
                var longer = new ArrayList<>(begun);
                longer.add(step);
                order(longer, orders);
            }
        }
    }

    @BeforeAll
    void start(@TempDir Path dir) throws Exception {
        eks = datacenter(dir, "eks");
        lke = datacenter(dir, "lke");
        vms = datacenter(dir, "vms");
        peer(lke, "lke");
        peer(vms, "vms");
    }

    private TestDatacenter datacenter(Path dir, String name) throws Exception {
        var one = new TestDatacenter(vertx, name, dir.resolve(name));
        all.add(one);
        one.run(API, CheckStatus.PASSING);
        return one;
    }

    @AfterAll
    void stop() throws Exception {
        for (var one : all) {
            one.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void peer(TestDatacenter exporter, String name) throws Exception {
        exporter.export(API + ">eks");
        assertThat(exporter.establish("eks", eks.token(name, name)))
                .isInstanceOf(Establishment.Established.class);
        await().atMost(SOON).untilAsserted(() -> assertThat(from(name)).hasSize(2));
    }

    private List<ServiceInstance> own() {
        var snapshot = eks.catalog.snapshots().get();
        return NAMES.stream().flatMap(name -> snapshot.named(name).stream()).toList();
    }

    private List<ServiceInstance> from(String peer) {
        var imported = eks.catalog.snapshots().get().from(new PeerName(peer));
        return NAMES.stream().flatMap(name -> imported.named(name).stream()).toList();
    }

    @ParameterizedTest
    @MethodSource("everyOrder")
    void whatHappensToOneLeavesTheOthersOfItsName(List<Step> order) throws Exception {
        eks.run(API, CheckStatus.PASSING);
        var theirs = from("vms");
        assertThat(theirs).hasSize(2);
        var ours = own();
        assertThat(ours).hasSize(2);

        for (var step : order) {
            take(step);
            if (step == Step.IMPORTERS_OWN_COMES_BACK_SICK) {
                ours = own();
                assertThat(ours).hasSize(2);
            } else {
                await().atMost(SOON).untilAsserted(() -> assertThat(from("lke")).isEmpty());
            }
            assertThat(own()).as("own, after " + step).isEqualTo(ours);
            assertThat(from("vms")).as("of vms, after " + step).isEqualTo(theirs);
        }

        // and the name is as good as new: the next order begins with it
        await().atMost(SOON)
                .untilAsserted(() -> {
                    assertThat(eks.state("lke")).isEmpty();
                    assertThat(lke.state("eks")).isEmpty();
                });
        peer(lke, "lke");
        assertThat(own()).isEqualTo(ours);
        assertThat(from("vms")).isEqualTo(theirs);
        assertThat(eks.state("vms")).contains(PeeringState.ACTIVE);
    }

    private void take(Step step) throws Exception {
        switch (step) {
            case EXPORTER_WITHDRAWS -> lke.exportNothing();
            case IMPORTER_DELETES_THE_PEERING -> eks.delete("lke");
            case EXPORTER_DELETES_THE_PEERING -> lke.delete("eks");
            case IMPORTERS_OWN_COMES_BACK_SICK -> {
                var others = List.of(from("lke"), from("vms"));
                eks.catalog.publish(API, List.of());
                assertThat(own()).isEmpty();
                assertThat(List.of(from("lke"), from("vms"))).isEqualTo(others);
                eks.run(API, CheckStatus.CRITICAL);
                assertThat(List.of(from("lke"), from("vms"))).isEqualTo(others);
            }
        }
    }
}
