package dev.hansa.peering.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.TestStore;
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

    @Test
    void nodeAloneIsNoInstance() {
        node("vm-1", CheckStatus.PASSING);

        assertThat(live.snapshots().get().local()).isEmpty();

        service("vm-1", "a");
        registrations.clear();
        live.registered(Map.of());
        assertThat(live.snapshots().get().local()).isEmpty();
    }
}
