package dev.hansa.trustbundle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MeshNamesTest {
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final Datacenter DC = new Datacenter("dc1");

    @Test
    void namesHaveConsulsForms() {
        assertThat(MeshNames.service("billing", DC, WEST))
                .isEqualTo("billing.default.dc1.internal.west.example");
        assertThat(MeshNames.peeredService("billing", new PeerName("east"), WEST))
                .isEqualTo("billing.default.default.east.external.west.example");
        assertThat(MeshNames.peeringServer(DC, WEST)).isEqualTo("server.dc1.peering.west.example");
    }

    @Test
    void proxiesDoorIsNotThePeersDoor() {
        assertThat(MeshNames.controlServer(DC, WEST))
                .isEqualTo("server.dc1.control.west.example")
                .isNotEqualTo(MeshNames.peeringServer(DC, WEST));
    }
}
