package dev.hansa.peering.acl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.peering.store.TestStore;
import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VisibleCatalogTest {
    private static final PeerName LKE = new PeerName("lke");
    private static final PeerName VMS = new PeerName("vms");
    private static final CatalogSnapshot ALL =
            new CatalogSnapshot(
                    1,
                    Map.of("web", List.of(TestStore.registered("n1", "web-1", "web", List.of()))),
                    Map.of(
                            LKE,
                            ImportedCatalog.EMPTY.with(
                                    "pay",
                                    List.of(TestStore.registered("p1", "pay-1", "pay", List.of()))),
                            VMS,
                            ImportedCatalog.EMPTY.with(
                                    "db",
                                    List.of(TestStore.registered("v1", "db-1", "db", List.of())))));

    private static CatalogSnapshot seen(String rules) throws Exception {
        return VisibleCatalog.seen(ALL, new Access("a", RulesReader.read(rules), Level.DENY));
    }

    @Test
    void peerOfWhichNothingMayBeSeenIsNotThere() throws Exception {
        assertThat(seen("service \"pay\" { policy = \"read\" }").imported()).containsOnlyKeys(LKE);
        assertThat(seen("service \"web\" { policy = \"read\" }").imported()).isEmpty();
        assertThat(VisibleCatalog.seen(ALL, Access.NOTHING).imported()).isEmpty();
        assertThat(seen("service_prefix \"\" { policy = \"read\" }").imported())
                .containsOnlyKeys(LKE, VMS);
    }

    @Test
    void peerIsThereForWhoMaySeePeeringsAndItsServicesAreNot() throws Exception {
        var seen = seen("peering = \"read\"");

        assertThat(seen.imported()).containsOnlyKeys(LKE, VMS);
        assertThat(seen.from(LKE).instances()).isEmpty();
    }

    @Test
    void serviceIsSeenWithItsNodeAlone() throws Exception {
        var service = "service \"web\" { policy = \"read\" } ";

        assertThat(seen(service).named("web")).isEmpty();
        assertThat(seen(service + "node \"n1\" { policy = \"read\" }").named("web")).hasSize(1);
    }
}
