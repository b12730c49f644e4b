package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.audit.AuditRecord;
import dev.hansa.peering.cluster.ServerAddresses;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreThrough;
import dev.hansa.peering.store.TestStore;
import dev.hansa.trustbundle.Datacenter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Over a real store, in which something happens between a reading and the writing that follows.
class RegistrationsTest {
    private RaftStore store;
    private Registrations registrations;
    private Runnable between = () -> {};

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        store = TestStore.open(folder.resolve("data"));
        registrations = new Registrations(new Interrupted());
    }

    @AfterEach
    void close() {
        store.close();
    }

    /// Lets others write before a registration is written; what they do is not interrupted again.
    private final class Interrupted extends StoreThrough {
        Interrupted() {
            super(store);
        }

        @Override
        public StoreAnswer apply(StoreCommand command) {
            if (command instanceof StoreCommand.PutRegistration) {
                var now = between;
                between = () -> {};
                now.run();
            }
            return super.apply(command);
        }
    }

    private static ServiceInstance service(String id, String... checks) {
        return TestStore.registered(
                "server", id, id, List.of(checks).stream().map(RegistrationsTest::check).toList());
    }

    private static HealthCheck check(String id) {
        return check(id, Kind.TTL, "");
    }

    private static HealthCheck check(String id, Kind kind, String target) {
        return new HealthCheck(
                id,
                id,
                CheckStatus.CRITICAL,
                "as registered",
                kind.name().toLowerCase(Locale.ROOT),
                Optional.of(
                        new CheckDefinition(
                                "",
                                false,
                                Optional.of(
                                        new Way(
                                                kind,
                                                target,
                                                Duration.ofHours(1),
                                                Duration.ofSeconds(1),
                                                HttpAsk.GET,
                                                Thresholds.FIRST,
                                                Duration.ZERO)))));
    }

    private StoreAnswer passes(String service, String check) {
        return store.apply(
                new StoreCommand.PutCheckResult(
                        "server", service, check, CheckStatus.PASSING, "well"));
    }

    private List<String> held(String service) {
        return registrations.find("server", service).stream()
                .flatMap(found -> found.checks().stream())
                .map(check -> check.id() + " " + check.status().word())
                .toList();
    }

    @Test
    void resultThatComesWhileItsServiceIsRegisteredAnewStays() throws Exception {
        registrations.put(service("web", "c"), false, Registrations.FREE);
        between = () -> passes("web", "c");

        registrations.put(service("web", "c", "d"), false, Registrations.FREE);

        assertThat(held("web")).containsExactly("c passing", "d critical");
    }

    @Test
    void resultThatComesWhileMaintenanceBeginsStays() throws Exception {
        registrations.put(service("web", "c"), false, Registrations.FREE);
        between = () -> passes("web", "c");

        assertThat(
                        registrations.change(
                                "server", "web", Maintenance.turned(true, "web", "a reason")))
                .isTrue();

        assertThat(held("web")).containsExactly("c passing", "_service_maintenance:web critical");
    }

    @Test
    void serviceThatIsDeregisteredMeanwhileIsNotBroughtBack() throws Exception {
        registrations.put(service("web", "c"), false, Registrations.FREE);
        between = () -> store.apply(new StoreCommand.RemoveRegistration("server", "web"));

        assertThat(registrations.change("server", "web", _ -> List.of(check("d")))).isFalse();

        assertThat(registrations.find("server", "web")).isEmpty();
    }

    @Test
    void lateResultDoesNotReachACheckWhoseOwnerSaysTheResult() throws Exception {
        registrations.put(service("web", "c"), false, Registrations.FREE);
        var stated = new HealthCheck("c", "c", CheckStatus.WARNING, "", "");
        registrations.put(service("web").withChecks(List.of(stated), 0), false, Registrations.FREE);

        assertThat(passes("web", "c")).isInstanceOf(StoreAnswer.Refused.class);

        assertThat(held("web")).containsExactly("c warning");
    }

    private Agent agent() throws Exception {
        var addresses =
                ServerAddresses.start(
                        List.of("127.0.0.1"),
                        new Latest<>(CatalogSnapshot.EMPTY),
                        InetAddress::getAllByName,
                        ServerAddresses.EVERY);
        addresses.close();
        return new Agent(
                new ApiSettings(
                        new Datacenter("eks"),
                        "server",
                        InetSocketAddress.createUnresolved("127.0.0.1", 8500),
                        addresses,
                        false,
                        AccessSettings.OPEN,
                        new ReaderLimits(9, 9),
                        new RequestRates(1000, 1000),
                        OptionalLong::empty,
                        Clock.systemUTC()),
                () -> CatalogSnapshot.EMPTY,
                registrations);
    }

    @Test
    void checksOfKindTtlTakeNoPlaceOfThoseThatServersAsk() throws Exception {
        var agent = agent();
        var each = 64;
        for (var i = 0; i < AgentServiceResource.MOST_ASKED / each; i++) {
            var id = "s" + i;
            var checks =
                    IntStream.range(0, each)
                            .mapToObj(k -> check(id + "-" + k, Kind.TCP, "127.0.0.1:1"))
                            .toList();
            register(agent, TestStore.registered("server", id, id, checks));
        }

        register(agent, service("web", "ttl"));

        var more = List.of(check("more", Kind.TCP, "127.0.0.1:1"));
        assertThatThrownBy(() -> register(agent, TestStore.registered("server", "db", "db", more)))
                .hasRootCauseMessage(
                        "checks: expected at most 4096 that servers run; found 4096 and 1 more");
        assertThat(held("web")).containsExactly("ttl critical");
        // whoever has a place keeps it
        register(
                agent,
                TestStore.registered(
                        "server", "s0", "s0", List.of(check("s0-0", Kind.TCP, "127.0.0.1:2"))));
    }

    @Test
    void checksOfKindTtlHaveALimitToo() throws Exception {
        AgentServiceResource.requireRoom("of kind TTL", 16_383, 1, AgentServiceResource.MOST_TTL);
        AgentServiceResource.requireRoom("of kind TTL", 16_385, 0, AgentServiceResource.MOST_TTL);

        assertThatThrownBy(() ->
                        AgentServiceResource.requireRoom(
                                "of kind TTL", 16_383, 2, AgentServiceResource.MOST_TTL))
                .hasMessage("checks: expected at most 16384 of kind TTL; found 16383 and 2 more");
    }

    @Test
    void idOfACheckGoesToOneOfTwoThatComeAtOnce() throws Exception {
        var agent = agent();
        between = () -> register(agent, service("db", "own"));

        assertThatThrownBy(() -> register(agent, service("web", "own")))
                .hasRootCauseInstanceOf(RefusedRequestException.class)
                .hasRootCauseMessage(
                        "CheckID: expected one that no other service or node has; found 'own', which service 'db' has");

        assertThat(held("db")).containsExactly("own critical");
        assertThat(registrations.find("server", "web")).isEmpty();
    }

    private static void register(Agent agent, ServiceInstance service) {
        try {
            agent.registrations()
                    .put(
                            service,
                            false,
                            () ->
                                    AgentServiceResource.admit(
                                            agent,
                                            "server",
                                            service.id(),
                                            service.checks(),
                                            false));
        } catch (RefusedRequestException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoeverIsAlwaysTooLateIsToldSo() throws Exception {
        registrations.put(service("web", "c"), false, Registrations.FREE);
        var others = new AtomicInteger();
        between = another(others);

        assertThatThrownBy(() -> registrations.change("server", "web", _ -> List.of(check("d"))))
                .isInstanceOf(RefusedRequestException.class)
                .hasMessageStartingWith("registration 'server/web': expected modify index ");

        assertThat(others).hasValue(Registrations.MOST_ATTEMPTS);
        assertThat(refusals()).hasSize(1);
        assertThat(held("web")).containsExactly("c" + Registrations.MOST_ATTEMPTS + " critical");
    }

    /// Somebody else was first once; what was asked for was done.
    @Test
    void attemptThatIsMadeAgainIsNoRefusal() throws Exception {
        registrations.put(service("web", "c"), false, Registrations.FREE);
        between = () -> passes("web", "c");

        registrations.put(service("web", "c", "d"), false, Registrations.FREE);

        assertThat(held("web")).containsExactly("c passing", "d critical");
        assertThat(refusals()).isEmpty();
        // the pace of refusals has not been touched either
        registrations.put(service("web", "c"), true, Registrations.FREE);
        assertThat(store.audit().after(0, 99))
                .extracting(record -> record.act().untold())
                .containsOnly(0L);
    }

    private List<AuditRecord> refusals() {
        return store.audit().after(0, 99).stream()
                .filter(record -> !record.act().outcome().equals("applied"))
                .toList();
    }

    private Runnable another(AtomicInteger others) {
        return () -> {
            store.apply(
                    new StoreCommand.PutRegistration(
                            service("web", "c" + others.incrementAndGet())));
            between = another(others);
        };
    }
}
