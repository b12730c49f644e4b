package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.api.ClientNetwork;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class YieldingPlacesTest {
    private static final ClientNetwork OFFICE = client("192.0.2.1");
    private static final ClientNetwork OTHER = client("192.0.2.2");

    private final YieldingPlaces<String> places = new YieldingPlaces<>();

    private static ClientNetwork client(String address) {
        return ClientNetwork.of(InetAddress.ofLiteral(address));
    }

    /// A NAT with many blocking queries, and a crowd of addresses with fewer connections each.
    @Test
    void whoeverWaitsForManyAnswersLosesNoOtherForThat() {
        for (var waiting : List.of("w1", "w2", "w3")) {
            places.unused(waiting, OFFICE);
            places.used(waiting, OFFICE);
        }
        places.inHeader("handshake", OFFICE);
        places.inHeader("slow 1", OTHER);
        places.inHeader("slow 2", OTHER);

        assertThat(places.next()).contains("slow 1");
    }

    @Test
    void amongAsManyTheUnusedOneGoesFirst() {
        places.inHeader("speaking", OTHER);
        places.unused("idle", OFFICE);

        assertThat(places.next()).contains("idle");
        assertThat(places.next()).contains("speaking");
        assertThat(places.next()).isEmpty();
    }
}
