package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.UpstreamSettings;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.store.TestState;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryMeaningTest {
    private static final PeerName LKE = new PeerName("lke");
    private static final ServiceName SHIPPING = new ServiceName("shippingservice");

    private static StoreState holding(String... entries) {
        var config = new HashMap<ConfigKey, ConfigRecord>();
        for (var entry : entries) {
            switch (ConfigEntries.parse(entry)) {
                case ParsedEntry.Valid(var kind, var name, var json) ->
                        config.put(
                                new ConfigKey(kind, name),
                                new ConfigRecord(kind, name, json, 1, 1));
                case ParsedEntry.Invalid(var sentence, _) -> throw new AssertionError(sentence);
            }
        }
        return TestState.of(1, config, Map.of(), Map.of());
    }

    @Test
    void tableOfAnEntryThatIsNotWrittenHoldsItAndRemembersNothing() {
        var state = holding();
        switch (ConfigEntries.parse(
                "{\"Kind\":\"service-intentions\",\"Name\":\"shippingservice\",\"Sources\":[{\"Name\":\"unwritten\",\"Action\":\"deny\"}]}")) {
            case ParsedEntry.Valid entry -> {
                var table = ConfigEntries.intentionTable(state, true, entry);

                assertThat(table.decide(Optional.empty(), "unwritten", SHIPPING.value()).allowed())
                        .isFalse();
                assertThat(
                                ConfigEntries.isRemembered(
                                        new ConfigRecord(
                                                entry.kind(), entry.name(), entry.json(), 0, 0)))
                        .isFalse();
            }
            case ParsedEntry.Invalid(var sentence, _) -> throw new AssertionError(sentence);
        }
    }

    @Test
    void emptyStoreExportsNothingAndRedirectsNowhere() {
        var state = holding();

        assertThat(ConfigEntries.exportPolicy(state).exports()).isEmpty();
        assertThat(ConfigEntries.failoverPolicy(state, SHIPPING))
                .isEqualTo(FailoverPolicy.none(SHIPPING));
        assertThat(ConfigEntries.throughMeshGateways(state)).isFalse();
        assertThat(
                        ConfigEntries.intentionTable(state, true, "a")
                                .decide(Optional.empty(), "b", "a")
                                .allowed())
                .isTrue();
    }

    @Test
    void peersSeeWhatIsExportedToThem() {
        var policy =
                ConfigEntries.exportPolicy(
                        holding(
                                """
                                {"Kind":"exported-services","Services":[
                                  {"Name":"shippingservice","Consumers":[{"Peer":"lke"}]},
                                  {"Name":"*","Consumers":[{"Peer":"aks"}]}]}
                                """));

        assertThat(policy.exports("shippingservice", LKE)).isTrue();
        assertThat(policy.exports("cartservice", LKE)).isFalse();
        assertThat(policy.exports("cartservice", new PeerName("aks"))).isTrue();
    }

    @Test
    void failoverNamesTargetsInOrder() {
        var policy =
                ConfigEntries.failoverPolicy(
                        holding(
                                """
                                {"Kind":"service-resolver","Name":"shippingservice","ConnectTimeout":"1s","Failover":{"*":
                                  {"Targets":[{"Peer":"lke"},{"Service":"backup"},{"Service":"other","Peer":"lke"}]}}}
                                """),
                        SHIPPING);

        assertThat(policy.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(policy.failover(""))
                .isEqualTo(
                        List.of(
                                new Destination(SHIPPING, Optional.of(LKE)),
                                new Destination(new ServiceName("backup"), Optional.empty()),
                                new Destination(new ServiceName("other"), Optional.of(LKE))));
    }

    @Test
    void failoverOfTheDefaultSubsetGoesBeforeThatOfAny() {
        var policy =
                ConfigEntries.failoverPolicy(
                        holding(
                                """
                                {"Kind":"service-resolver","Name":"shippingservice","DefaultSubset":"v1","Subsets":{"v1":{}},
                                 "Failover":{"*":{"Service":"any"},"v1":{"Service":"own"}}}
                                """),
                        SHIPPING);

        assertThat(policy.failover("v1"))
                .containsExactly(new Destination(new ServiceName("own"), Optional.empty()));
        assertThat(policy.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void redirectLeadsToThePeersService() {
        var policy =
                ConfigEntries.failoverPolicy(
                        holding(
                                "{\"Kind\":\"service-resolver\",\"Name\":\"shippingservice\",\"Redirect\":{\"Service\":\"far\",\"Peer\":\"lke\"}}"),
                        SHIPPING);

        assertThat(policy.redirect())
                .containsExactly(new Destination(new ServiceName("far"), Optional.of(LKE)));
    }

    @Test
    void exactIntentionGoesBeforeThatForAnyService() {
        var table =
                ConfigEntries.intentionTable(
                        holding(
                                "{\"Kind\":\"service-intentions\",\"Name\":\"*\",\"Sources\":[{\"Name\":\"*\",\"Action\":\"deny\"}]}",
                                "{\"Kind\":\"service-intentions\",\"Name\":\"shippingservice\",\"Sources\":[{\"Name\":\"frontend\",\"Peer\":\"lke\",\"Action\":\"allow\"}]}"),
                        true,
                        "shippingservice");

        assertThat(table.decide(Optional.of(LKE), "frontend", "shippingservice").allowed())
                .isTrue();
        assertThat(table.decide(Optional.empty(), "frontend", "shippingservice").allowed())
                .isFalse();
    }

    @Test
    void meshEntrySendsPeeringThroughGateways() {
        assertThat(
                        ConfigEntries.throughMeshGateways(
                                holding(
                                        "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true}}")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "1s,1s",
        "1500ms,1.5s",
        "1h30m,1h30m0s",
        "90s,1m30s",
        "250us,250µs",
        "0,0s",
        "-2s,-2s"
    })
    void durationIsWrittenAsGoWritesIt(String text, String written) {
        assertThat(GoDuration.format(GoDuration.parse(text))).isEqualTo(written);
    }

    private static final String SHOPS =
            "{\"Kind\":\"sameness-group\",\"Name\":\"shops\",\"IncludeLocal\":true,\"Members\":[{\"Peer\":\"lke\"},{\"Peer\":\"aks\"}]}";

    @Test
    void groupsMembersThatArePeersSeeWhatIsExportedToIt() {
        var policy =
                ConfigEntries.exportPolicy(
                        holding(
                                SHOPS,
                                "{\"Kind\":\"exported-services\",\"Services\":[{\"Name\":\"cart\",\"Consumers\":[{\"SamenessGroup\":\"shops\"}]}]}"));

        assertThat(policy.exports("cart", LKE)).isTrue();
        assertThat(policy.exports("cart", new PeerName("aks"))).isTrue();
        assertThat(policy.exports("cart", new PeerName("gke"))).isFalse();
    }

    @Test
    void intentionForAGroupIsForEachMemberAndGivesWayToOneThatNamesItsSource() {
        var table =
                ConfigEntries.intentionTable(
                        holding(
                                SHOPS,
                                """
                                {"Kind":"service-intentions","Name":"cart","Sources":[
                                  {"Name":"web","SamenessGroup":"shops","Action":"allow"},
                                  {"Name":"web","Peer":"aks","Action":"deny"}]}
                                """),
                        false,
                        "cart");

        assertThat(table.decide(Optional.of(LKE), "web", "cart").allowed()).isTrue();
        assertThat(table.decide(Optional.empty(), "web", "cart").allowed()).isTrue();
        assertThat(table.decide(Optional.of(new PeerName("aks")), "web", "cart").allowed())
                .isFalse();
        assertThat(table.decide(Optional.of(new PeerName("gke")), "web", "cart").allowed())
                .isFalse();
    }

    @Test
    void limitsOfConnectionsAreThoseOfCallerAndService() {
        var connections =
                ConfigEntries.connections(
                        holding(
                                """
                                {"Kind":"service-defaults","Name":"shippingservice","MaxInboundConnections":12,
                                 "UpstreamConfig":{"Overrides":[{"Name":"cart","ConnectTimeoutMs":50}]}}
                                """));

        assertThat(connections.mostInto(SHIPPING)).isEqualTo(12);
        assertThat(connections.mostInto(new ServiceName("cart"))).isZero();
        assertThat(
                        connections
                                .to(
                                        SHIPPING,
                                        new UpstreamName(new ServiceName("cart"), Optional.empty()))
                                .connectTimeout())
                .contains(Duration.ofMillis(50));
        assertThat(
                        connections.to(
                                SHIPPING,
                                new UpstreamName(new ServiceName("cart"), Optional.of(LKE))))
                .isEqualTo(UpstreamSettings.NONE);
    }

    @Test
    void groupThatIsNamedCannotBeTakenAway() {
        var state =
                holding(
                        SHOPS,
                        "{\"Kind\":\"service-intentions\",\"Name\":\"cart\",\"Sources\":[{\"Name\":\"web\",\"SamenessGroup\":\"shops\",\"Action\":\"deny\"}]}");

        assertThat(ConfigEntries.refusalToDelete(state, "sameness-group", "shops"))
                .contains(
                        "service-intentions \"cart\" expects a sameness-group named \"shops\", and there is none");
        assertThat(ConfigEntries.refusalToDelete(state, "service-intentions", "cart")).isEmpty();
    }

    @Test
    void faultThatWasThereBeforeIsNotHeldAgainstAnotherEntry() {
        var state =
                holding(
                        "{\"Kind\":\"service-resolver\",\"Name\":\"a\",\"Redirect\":{\"Service\":\"b\"}}",
                        "{\"Kind\":\"service-resolver\",\"Name\":\"b\",\"Redirect\":{\"Service\":\"a\"}}");
        var other =
                (ParsedEntry.Valid)
                        ConfigEntries.parse("{\"Kind\":\"service-resolver\",\"Name\":\"c\"}");
        var third =
                (ParsedEntry.Valid)
                        ConfigEntries.parse(
                                "{\"Kind\":\"service-resolver\",\"Name\":\"b\",\"Redirect\":{\"Service\":\"c\"}}");

        assertThat(ConfigEntries.refusal(state, other)).isEmpty();
        assertThat(ConfigEntries.refusal(state, third)).isEmpty();
    }
}
