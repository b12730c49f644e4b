package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is left behind when an operator is told of fewer namespaces.
class LetGoTest {
    private static final String CONSULS = "finalizers.consul.hashicorp.com";

    @TempDir private Path folder;

    private static Subject resolver(String namespace, String name) {
        return new Subject(ApiGroup.HANSA, ResourceKind.SERVICE_RESOLVER, namespace, name);
    }

    @Test
    void objectsOfANamespaceThatNobodyWatchesAnyMoreAreLetGoAndNoOthers() throws Exception {
        try (var eks = TestingDatacenter.start("eks", folder);
                var cluster = new TestingCluster(folder).operate(eks, Map.of())) {
            var left = cluster.create(resolver("left", "one"), "{'connectTimeout': '15s'}");
            var deleted = cluster.create(resolver("left", "two"), "{}");
            var other = cluster.create(resolver("shop", "three"), "{}");
            for (var one : new Subject[] {left, deleted, other}) {
                cluster.untilSynced(one, "True");
            }
            cluster.stopFirst();
            cluster.operate(eks, Map.of("namespaces", "shop"));
            cluster.delete(deleted);
            // nobody is there who would
            assertThat(cluster.now(deleted)).isPresent();
            // no cluster has to have all kinds
            cluster.lack(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP);

            var said = new ArrayList<String>();
            assertThat(new LetGo(cluster.client(), said::add).all(Set.of("left"))).isTrue();

            assertThat(cluster.now(deleted)).isEmpty();
            assertThat(cluster.now(left).orElseThrow().isHeld()).isFalse();
            assertThat(cluster.now(other).orElseThrow().isHeld()).isTrue();
            assertThat(said)
                    .containsExactly(
                            "serviceresolvers.hansa.dev/left/one let go; service-resolver/one stays at the server",
                            "serviceresolvers.hansa.dev/left/two let go; service-resolver/two stays at the server",
                            "2 objects let go, 0 not");
            assertThat(eks.entry("service-resolver", "one").path("ConnectTimeout").asText())
                    .isEqualTo("15s");

            cluster.refuse(other);
            said.clear();
            assertThat(new LetGo(cluster.client(), said::add).all(Set.of("shop"))).isFalse();
            assertThat(said)
                    .first()
                    .asString()
                    .isEqualTo(
                            "serviceresolvers.hansa.dev/shop/three: expected to be let go; found HTTP 422 (409: somebody wrote it just now, ask again)");
        }
    }

    @Test
    void onlyTheOperatorsHoldIsTakenAwayAndWhatAllExportTogetherDoesNotStay() throws Exception {
        try (var eks = TestingDatacenter.start("lke", folder);
                var cluster = new TestingCluster(folder)) {
            cluster.operate(eks, Map.of("consul-group", "true"));
            var exports =
                    cluster.create(
                            new Subject(
                                    ApiGroup.HANSA, ResourceKind.EXPORTED_SERVICES, "left", "one"),
                            "{'services': [{'name': 'cart', 'consumers': [{'peer': 'gke'}]}]}");
            var consuls =
                    cluster.create(
                            new Subject(
                                    ApiGroup.CONSUL, ResourceKind.SERVICE_RESOLVER, "left", "two"),
                            "{}");
            var gone = cluster.create(resolver("left", "three"), "{}");
            cluster.edit(
                    consuls,
                    one -> {
                        one.resource().getMetadata().getFinalizers().add(CONSULS);
                        return one;
                    });
            for (var one : new Subject[] {exports, consuls, gone}) {
                cluster.untilSynced(one, "True");
            }
            cluster.stopFirst();
            // deleted by its namespace after it was listed
            cluster.refuse(gone, 404);
            // as to whoever is told of all that he may not, whether it is there or not
            cluster.refuseReads(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP, 403);
            cluster.discover(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP, false);

            var said = new ArrayList<String>();
            assertThat(new LetGo(cluster.client(), said::add).all(Set.of("left"))).isTrue();

            assertThat(said)
                    .containsExactly(
                            "exportedservices.hansa.dev/left/one let go; the operator takes what it exports out of exported-services/default",
                            "serviceresolvers.hansa.dev/left/three has gone meanwhile",
                            "serviceresolvers.consul.hashicorp.com/left/two let go; service-resolver/two stays at the server",
                            "2 objects let go, 0 not");
            assertThat(cluster.now(consuls).orElseThrow().resource().getMetadata().getFinalizers())
                    .containsExactly(CONSULS);

            cluster.discover(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP, true);
            said.clear();
            assertThat(new LetGo(cluster.client(), said::add).all(Set.of("shop"))).isFalse();
            assertThat(said)
                    .containsExactly(
                            "samenessgroups.consul.hashicorp.com in 'shop': expected to be listed; found HTTP 403",
                            "0 objects let go, 1 not");
        }
    }
}
