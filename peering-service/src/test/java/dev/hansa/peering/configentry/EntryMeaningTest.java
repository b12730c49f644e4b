package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.StoreState;
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
        return new StoreState(
                1,
                1,
                config,
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                Optional.empty());
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
        assertThat(policy.failover())
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

        assertThat(policy.failover())
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
                .contains(new Destination(new ServiceName("far"), Optional.of(LKE)));
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
}
