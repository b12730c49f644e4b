package dev.hansa.trustbundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final Datacenter DC = new Datacenter("dc1");

    @Test
    void identitiesHaveConsulsForms() {
        assertThat(SpiffeId.service(WEST, DC, "billing"))
                .hasToString("spiffe://west.example/ns/default/dc/dc1/svc/billing");
        assertThat(SpiffeId.meshGateway(WEST, DC))
                .hasToString("spiffe://west.example/gateway/mesh/dc/dc1");
        assertThat(SpiffeId.server(WEST, DC))
                .hasToString("spiffe://west.example/agent/server/dc/dc1");
        assertThat(SpiffeId.authority(WEST)).hasToString("spiffe://west.example");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spiffe://west.example",
                "spiffe://west.example/ns/default/dc/dc1/svc/billing",
                "spiffe://west.example/ap/p1/gateway/mesh/dc/dc1"
            })
    void whatIsReadIsWrittenAgain(String text) {
        assertThat(SpiffeId.parse(text).uri()).isEqualTo(text);
    }

    @Test
    void serviceOfAPartitionIsRead() {
        assertThat(SpiffeId.parse("spiffe://west.example/ap/p1/ns/n1/dc/dc2/svc/a%2Bb").asService())
                .contains(new SpiffeId.Service("p1", "n1", "dc2", "a+b"));
    }

    @Test
    void onlyServicesAreServices() {
        assertThat(SpiffeId.meshGateway(WEST, DC).asService()).isEmpty();
        assertThat(SpiffeId.server(WEST, DC).asService()).isEmpty();
        assertThat(SpiffeId.authority(WEST).asService()).isEmpty();
        assertThat(
                        SpiffeId.parse("spiffe://west.example/ns/default/dc/dc1/svc/a/svc/b")
                                .asService())
                .isEmpty();
    }

    @Test
    void onlyGatewaysAreGateways() {
        assertThat(SpiffeId.meshGateway(WEST, DC).isMeshGateway()).isTrue();
        assertThat(SpiffeId.parse("spiffe://west.example/ap/p1/gateway/mesh/dc/d").isMeshGateway())
                .isTrue();
        assertThat(SpiffeId.service(WEST, DC, "gateway").isMeshGateway()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "https://west.example/ns/default/dc/dc1/svc/a",
                "SPIFFE://west.example/a",
                "spiffe:/west.example/a",
                "spiffe:west.example",
                "spiffe:///a",
                "spiffe://user@west.example/a",
                "spiffe://west.example:8443/a",
                "spiffe://west.example/a?b=c",
                "spiffe://west.example/a#b",
                "spiffe://west.example/a b",
                "spiffe://west.example/a%zz",
                "spiffe://west.example/a\u0000b",
                "spiffe://west.example\u0000.east.example/a"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> SpiffeId.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void longerThanSpiffeAllowsIsRefused() {
        assertThatThrownBy(() -> SpiffeId.parse("spiffe://west.example/" + "a".repeat(2048)))
                .hasMessage("expected a SPIFFE ID of at most 2048 characters; found 2070");
    }
}
