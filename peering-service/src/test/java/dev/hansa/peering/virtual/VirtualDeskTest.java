package dev.hansa.peering.virtual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import dev.hansa.trustbundle.PeerName;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VirtualDeskTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final PeerName LKE = new PeerName("lke");
    private static final Duration SOON = Duration.ofSeconds(20);

    private final AtomicReference<Instant> time = new AtomicReference<>(NOW);
    private final InstantSource source = time::get;
    private final Clock clock = source.withZone(ZoneOffset.UTC);
    private final LiveCatalog live = new LiveCatalog();
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private RaftStore store;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = TestStore.open(folder);
        assertThat(
                        store.apply(
                                new StoreCommand.PutPeering(
                                        PeeringRecord.accepting(LKE, "id", Map.of()))))
                .isInstanceOf(StoreAnswer.Applied.class);
    }

    @AfterEach
    void close() {
        store.close();
        assertThat(events).noneMatch(PeeringEvent.BackgroundFailure.class::isInstance);
    }

    private VirtualDesk desk(BooleanSupplier isReadByAll) {
        return VirtualDesk.start(
                store, live.snapshots(), isReadByAll, clock, events::add, Duration.ofMillis(20));
    }

    private static ServiceInstance instance(String name, ServiceKind kind, String carries) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.1", "eks", Map.of(), Map.of()),
                name + "-1",
                name,
                kind,
                List.of(),
                "",
                20000,
                Map.of(),
                Map.of(),
                1,
                1,
                carries.isEmpty() ? Optional.empty() : Optional.of(new ServiceName(carries)),
                Optional.empty(),
                List.of(new HealthCheck("c", "c", CheckStatus.CRITICAL, "", "tcp")),
                0,
                0);
    }

    private static ServiceInstance sidecar(String service) {
        return instance(service + "-sidecar-proxy", ServiceKind.CONNECT_PROXY, service);
    }

    private void imported(String service, boolean carried) {
        live.imported(
                LKE,
                held -> {
                    var with =
                            held.with(service, List.of(instance(service, ServiceKind.TYPICAL, "")));
                    return carried
                            ? with.with(service + "-sidecar-proxy", List.of(sidecar(service)))
                            : with;
                });
    }

    private Map<String, Integer> numbers() {
        var numbers = new TreeMap<String, Integer>();
        store.now().virtual().records().forEach((key, record) -> numbers.put(key, record.number()));
        return numbers;
    }

    private void awaitNames(String... names) {
        await().atMost(SOON).untilAsserted(() -> assertThat(numbers()).containsOnlyKeys(names));
    }

    @Test
    void whatTheMeshCarriesOrAnEntryNamesOrAPeerExportsHasAnAddress() throws Exception {
        try (var desk = desk(() -> true)) {
            assertThat(desk).isNotNull();
            live.publish("a", List.of(sidecar("web"), instance("web", ServiceKind.TYPICAL, "")));
            live.publish("b", List.of(instance("db", ServiceKind.TYPICAL, "")));
            store.apply(
                    new StoreCommand.PutConfig(
                            "service-resolver", "shop", "{}", OptionalLong.empty()));
            store.apply(
                    new StoreCommand.PutConfig(
                            "service-intentions", "other", "{}", OptionalLong.empty()));
            imported("pay", true);
            imported("plain", false);

            awaitNames("web", "shop", "pay.lke");
        }
        assertThat(numbers().values()).doesNotHaveDuplicates().allMatch(number -> number > 0);
    }

    @Test
    void nextLeaderGivesTheSameAddressesAndAServiceThatComesBackHasItsOwn() throws Exception {
        live.publish("a", List.of(sidecar("web")));
        imported("pay", true);
        try (var desk = desk(() -> true)) {
            assertThat(desk).isNotNull();
            awaitNames("web", "pay.lke");
        }
        var before = numbers();

        live.publish("a", List.of());
        try (var desk = desk(() -> true)) {
            assertThat(desk).isNotNull();
            time.set(NOW.plus(VirtualDesk.KEEP).minusSeconds(1));
            live.publish("b", List.of(sidecar("api")));
            awaitNames("web", "pay.lke", "api");
            live.publish("a", List.of(sidecar("web")));
            live.publish("c", List.of(sidecar("last")));
            awaitNames("web", "pay.lke", "api", "last");
        }
        assertThat(numbers()).containsAllEntriesOf(before);
    }

    @Test
    void nameThatNothingSpeaksOfForADayGivesItsAddressBack() throws Exception {
        live.publish("a", List.of(sidecar("web"), sidecar("api")));
        try (var desk = desk(() -> true)) {
            assertThat(desk).isNotNull();
            awaitNames("web", "api");
            live.publish("a", List.of(sidecar("api")));
            // so that it has looked
            live.publish("b", List.of(sidecar("db")));
            awaitNames("web", "api", "db");

            time.set(NOW.plus(VirtualDesk.KEEP));
            live.publish("c", List.of(sidecar("mail")));
            awaitNames("api", "db", "mail");
        }
    }

    @Test
    void deletedPeeringTakesItsAddressesWithItAtOnce() throws Exception {
        imported("pay", true);
        live.publish("a", List.of(sidecar("web")));
        try (var desk = desk(() -> true)) {
            assertThat(desk).isNotNull();
            awaitNames("web", "pay.lke");

            store.apply(new StoreCommand.RemovePeering(LKE));

            assertThat(numbers()).containsOnlyKeys("web");
            live.publish("b", List.of(sidecar("db")));
            awaitNames("web", "db");
        }
    }

    /// It would stop at an entry of the log that it does not know.
    @Test
    void nothingIsWrittenWhileAServerOfAnOlderVersionIsThere() throws Exception {
        live.publish("a", List.of(sidecar("web")));
        var asked = new AtomicInteger();
        var upgraded = new AtomicBoolean();
        BooleanSupplier isReadByAll =
                () -> {
                    asked.incrementAndGet();
                    return upgraded.get();
                };
        try (var desk = desk(isReadByAll)) {
            assertThat(desk).isNotNull();
            await().atMost(SOON).until(() -> asked.get() > 2);
            assertThat(numbers()).isEmpty();
            // once, however often it looks
            assertThat(events)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            PeeringEvent.VirtualAddressesWait.class,
                            waits ->
                                    assertThat(waits.reason())
                                            .startsWith(
                                                    "names that wait: 1; every server of this"));
            upgraded.set(true);
            awaitNames("web");
            var before = asked.get();
            live.publish("b", List.of(sidecar("api")));
            awaitNames("web", "api");
            // what was written once is read by all
            assertThat(asked).hasValue(before);
        }
    }

    @Test
    void manyServicesAreAFewWrites() throws Exception {
        var sidecars = IntStream.range(0, 1000).mapToObj(i -> sidecar("s" + i)).toList();
        live.publish("a", sidecars);
        var before = store.now().index();
        try (var desk = desk(() -> true)) {
            assertThat(desk).isNotNull();
            await().atMost(SOON).until(() -> store.now().virtual().records().size() == 1000);
        }
        assertThat(store.now().index() - before).isEqualTo(4);
    }
}
