package dev.hansa.peering.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.TestStore;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LiveCatalogTest {
    private final LiveCatalog live = new LiveCatalog();
    private final Map<String, RegistrationRecord> registrations = new HashMap<>();

    private static NodeRecord node(String name) {
        return new NodeRecord("", name, "192.0.2.1", "eks", Map.of(), Map.of());
    }

    private static HealthCheck check(String id, CheckStatus status, boolean ofNode) {
        return new HealthCheck(
                id,
                id,
                status,
                "",
                "",
                Optional.of(new CheckDefinition("", ofNode, Optional.empty())));
    }

    private void service(String node, String id) {
        put(TestStore.registered(node, id, "web", List.of(check(id, CheckStatus.PASSING, false))));
    }

    private void node(String node, CheckStatus status) {
        put(RegistrationRecord.node(node(node), List.of(check("disk", status, true))));
    }

    private void put(ServiceInstance instance) {
        var record = new RegistrationRecord(instance);
        registrations.put(record.key(), record);
        live.registered(Map.copyOf(registrations));
    }

    private List<CheckStatus> web() {
        return live.snapshots().get().named("web").stream().map(ServiceInstance::status).toList();
    }

    @Test
    void nodesCheckIsThatOfAllThatIsRegisteredThere() {
        service("vm-1", "a");
        service("vm-10", "b");
        node("vm-1", CheckStatus.CRITICAL);
        assertThat(web()).containsExactly(CheckStatus.CRITICAL, CheckStatus.PASSING);

        service("vm-1", "c");
        assertThat(web())
                .containsExactly(CheckStatus.CRITICAL, CheckStatus.CRITICAL, CheckStatus.PASSING);

        node("vm-1", CheckStatus.WARNING);
        assertThat(web())
                .containsExactly(CheckStatus.WARNING, CheckStatus.WARNING, CheckStatus.PASSING);

        registrations.remove("vm-1/");
        live.registered(Map.copyOf(registrations));
        assertThat(web())
                .containsExactly(CheckStatus.PASSING, CheckStatus.PASSING, CheckStatus.PASSING);
    }

    private static ServiceInstance ofSidecar(ServiceKind kind, CheckStatus status) {
        var isProxy = kind == ServiceKind.CONNECT_PROXY;
        return new ServiceInstance(
                node("vm-1"),
                isProxy ? "a-sidecar-proxy" : "a",
                isProxy ? "web-sidecar-proxy" : "web",
                kind,
                List.of(),
                "192.0.2.1",
                20000,
                Map.of(),
                Map.of(),
                1,
                1,
                isProxy ? Optional.of(new ServiceName("web")) : Optional.empty(),
                Optional.empty(),
                List.of(check("a:proxy", status, false)),
                0,
                0);
    }

    private void sidecar(CheckStatus status) {
        live.publish(
                "proxy",
                List.of(
                        ofSidecar(ServiceKind.TYPICAL, status),
                        ofSidecar(ServiceKind.CONNECT_PROXY, status)));
    }

    private List<String> checks(String service) {
        return live.snapshots().get().named(service).stream()
                .flatMap(one -> one.checks().stream())
                .map(one -> one.id() + " " + one.status().word())
                .toList();
    }

    @Test
    void registrationOfWhatASidecarVouchesForAddsItsChecksAndIsNoSecondInstance() {
        service("vm-1", "a");
        sidecar(CheckStatus.PASSING);

        assertThat(checks("web")).containsExactly("a passing", "a:proxy passing");
        assertThat(checks("web-sidecar-proxy")).containsExactly("a passing", "a:proxy passing");

        put(
                TestStore.registered(
                        "vm-1", "a", "web", List.of(check("a", CheckStatus.CRITICAL, false))));
        assertThat(checks("web")).containsExactly("a critical", "a:proxy passing");
        assertThat(checks("web-sidecar-proxy")).containsExactly("a critical", "a:proxy passing");

        live.publish("proxy", List.of());
        assertThat(checks("web")).containsExactly("a critical");
        assertThat(live.snapshots().get().named("web-sidecar-proxy")).isEmpty();

        sidecar(CheckStatus.PASSING);
        registrations.clear();
        live.registered(Map.of());
        assertThat(checks("web")).containsExactly("a:proxy passing");
    }

    /// Its sidecar's own stream says that the machine is there.
    @Test
    void nodeWhoseAgentIsSilentTakesNoSidecarWithIt() {
        service("vm-1", "a");
        service("vm-1", "b");
        sidecar(CheckStatus.PASSING);
        put(
                RegistrationRecord.node(
                        node("vm-1"),
                        List.of(
                                check(HealthCheck.NODE_ALIVE, CheckStatus.CRITICAL, true),
                                check("disk", CheckStatus.WARNING, true))));

        assertThat(web()).containsExactly(CheckStatus.WARNING, CheckStatus.CRITICAL);
        assertThat(checks("web"))
                .containsExactly(
                        "disk warning",
                        "a passing",
                        "a:proxy passing",
                        "serfHealth critical",
                        "disk warning",
                        "b passing");
    }

    @Test
    void registrationOfAnotherServiceUnderTheSameIdStandsByItself() {
        sidecar(CheckStatus.PASSING);
        put(
                TestStore.registered(
                        "vm-1", "a", "other", List.of(check("x", CheckStatus.CRITICAL, false))));

        assertThat(checks("web")).containsExactly("a:proxy passing");
        assertThat(checks("web-sidecar-proxy")).containsExactly("a:proxy passing");
        assertThat(checks("other")).containsExactly("x critical");
    }

    @Test
    void whatPeersHaveSentStaysAsItWasLastHeardAndThatOfThoseWhoAreNoneGoes() {
        var lke = new PeerName("lke");
        var web = TestStore.registered("vm-1", "a", "web", List.of());
        for (var peer : List.of(lke, new PeerName("gone"))) {
            live.imported(peer, old -> old.with("web", List.of(web)).heard(Instant.EPOCH, true));
        }

        live.unheard(lke::equals);

        var imported = live.snapshots().get().imported();
        assertThat(imported).containsOnlyKeys(lke);
        assertThat(imported.get(lke))
                .isEqualTo(
                        ImportedCatalog.EMPTY
                                .with("web", List.of(web))
                                .heard(Instant.EPOCH, false));
    }

    @Test
    void nodeAloneIsNoInstance() {
        node("vm-1", CheckStatus.PASSING);

        assertThat(live.snapshots().get().local()).isEmpty();

        service("vm-1", "a");
        registrations.clear();
        live.registered(Map.of());
        assertThat(live.snapshots().get().local()).isEmpty();
    }

    private static ServiceInstance vouchedFor(String node, String id) {
        return TestStore.registered(
                node, id, "web", List.of(check("port", CheckStatus.PASSING, false)));
    }

    /// A pod that is not ready is not to be called, whatever its sidecar says.
    @Test
    void registrationOfWhatAProxyVouchesForIsLaidOverIt() {
        service("vm-1", "a");
        live.publish("proxy-a", List.of(vouchedFor("vm-1", "a"), vouchedFor("vm-1", "b")));
        assertThat(web()).containsExactly(CheckStatus.PASSING, CheckStatus.PASSING);
        assertThat(live.ownedBy("proxy-a").getFirst().checks()).hasSize(1);

        put(
                TestStore.registered(
                        "vm-1", "a", "web", List.of(check("pod", CheckStatus.CRITICAL, false))));
        assertThat(web()).containsExactly(CheckStatus.CRITICAL, CheckStatus.PASSING);
        assertThat(live.snapshots().get().named("web").getFirst().checks())
                .extracting(HealthCheck::id)
                .containsExactly("pod", "port");
        node("vm-1", CheckStatus.MAINTENANCE);
        assertThat(web()).containsExactly(CheckStatus.MAINTENANCE, CheckStatus.PASSING);

        // the proxy goes: what was registered is still there
        live.publish("proxy-a", List.of());
        assertThat(web()).containsExactly(CheckStatus.MAINTENANCE);
        live.publish("proxy-a", List.of(vouchedFor("vm-1", "a")));
        registrations.clear();
        live.registered(Map.of());
        assertThat(web()).containsExactly(CheckStatus.PASSING);
        live.publish("proxy-a", List.of());
        assertThat(live.snapshots().get().local()).isEmpty();
    }
}
