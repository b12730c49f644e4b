package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.api.ClientNetwork;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class CrowdByClientTest {
    private static final ClientNetwork ONE = ClientNetwork.of(InetAddress.ofLiteral("192.0.2.1"));
    private static final ClientNetwork OTHER = ClientNetwork.of(InetAddress.ofLiteral("192.0.2.2"));

    @Test
    void tooManyCostTheOldestOfWhoHasMost() {
        var crowd = new CrowdByClient<String>(2, 100);
        assertThat(crowd.add("a", OTHER, 90)).isEmpty();
        assertThat(crowd.add("b", ONE, 1)).isEmpty();
        assertThat(crowd.add("c", ONE, 1)).containsExactly("b");
        crowd.remove("c", ONE);
        assertThat(crowd.add("d", ONE, 1)).isEmpty();
    }

    @Test
    void tooManyBytesCostTheOldestOfWhoHasMostOfThem() {
        var crowd = new CrowdByClient<String>(10, 100);
        for (var name : new String[] {"a", "b", "c", "d"}) {
            assertThat(crowd.add(name, OTHER, 5)).isEmpty();
        }
        assertThat(crowd.add("e", ONE, 40)).isEmpty();
        assertThat(crowd.add("f", ONE, 40)).isEmpty();
        assertThat(crowd.add("g", ONE, 40)).containsExactly("e");
        // who asks for more than there is has nothing
        assertThat(crowd.add("h", ONE, 101)).containsExactly("f", "g", "h");
        assertThat(crowd.add("i", ONE, 80)).isEmpty();
    }
}
