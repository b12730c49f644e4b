package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VirtualAddressesTest {
    private static final PeerName LKE = new PeerName("lke");

    private static VirtualRecord own(String service) {
        return VirtualRecord.of(new UpstreamName(new ServiceName(service), Optional.empty()));
    }

    private static VirtualRecord ofLke(String service) {
        return VirtualRecord.of(new UpstreamName(new ServiceName(service), Optional.of(LKE)));
    }

    private static Optional<String> address(VirtualAddresses all, VirtualRecord name) {
        return all.of(name.name()).map(VirtualAddress::toString);
    }

    @Test
    void addressIsGivenOnceAndAPeersServiceIsAnotherThanOurs() {
        var one = VirtualAddresses.NONE.with(List.of(own("web"), ofLke("web"), own("web")));
        var two = one.with(List.of(own("api"), own("web")));

        assertThat(address(one, own("web"))).contains("240.0.0.1");
        assertThat(address(one, ofLke("web"))).contains("240.0.0.2");
        assertThat(address(two, own("web"))).contains("240.0.0.1");
        assertThat(address(two, own("api"))).contains("240.0.0.3");
        assertThat(two.with(List.of(own("api")))).isSameAs(two);
    }

    @Test
    void addressThatWasGivenBackIsNotTheNextOne() {
        var held = VirtualAddresses.NONE.with(List.of(own("web"), own("api")));
        var without = held.without(List.of("api", "nobody"));

        assertThat(address(without, own("api"))).isEmpty();
        assertThat(address(without.with(List.of(own("db"))), own("db"))).contains("240.0.0.3");
        assertThat(held.without(List.of("nobody"))).isSameAs(held);
    }

    @Test
    void afterTheLastNumberThoseThatAreFreeAreGivenAgain() {
        var full = new HashMap<String, VirtualRecord>();
        full.put("web", own("web").at(1));
        full.put("api", own("api").at(VirtualAddress.LAST - 1));
        var late =
                new VirtualAddresses(VirtualAddress.LAST - 1, full)
                        .with(List.of(own("a"), own("b")));

        assertThat(address(late, own("a"))).contains("255.255.255.254");
        assertThat(address(late, own("b"))).contains("240.0.0.2");
        assertThat(late.next()).isEqualTo(3);
    }

    @Test
    void peerIsForgottenWithAllThatCameFromIt() {
        var held = VirtualAddresses.NONE.with(List.of(own("web"), ofLke("web"), ofLke("pay")));

        assertThat(held.without(LKE).records()).containsOnlyKeys("web");
    }

    @Test
    void peerThatExportsWithoutEndLeavesRoomForOurs() {
        var many =
                IntStream.range(0, VirtualAddresses.MOST_OF_PEER + 5)
                        .mapToObj(i -> ofLke("s" + i))
                        .toList();
        var names = new ArrayList<>(many);
        names.add(own("web"));

        var held = VirtualAddresses.NONE.with(names);

        assertThat(held.records()).hasSize(VirtualAddresses.MOST_OF_PEER + 1);
        assertThat(address(held, own("web"))).isPresent();
        assertThat(VirtualAddresses.NONE.fitting(names))
                .hasSize(VirtualAddresses.MOST_OF_PEER + 1)
                .endsWith(own("web"));
        assertThat(held.fitting(List.of(ofLke("one-more"), own("api"))))
                .containsExactly(own("api"));
    }

    @Test
    void noMoreNamesThanAreBoundedHaveOne() {
        var many =
                IntStream.range(0, VirtualAddresses.MOST + 1).mapToObj(i -> own("s" + i)).toList();
        var held = VirtualAddresses.NONE.with(many);

        assertThat(held.records()).hasSize(VirtualAddresses.MOST);
        assertThat(held.with(List.of(own("web")))).isSameAs(held);
    }

    /// Callers hold what this datacenter has told them; what the snapshot knows besides comes back.
    @Test
    void restoreChangesNoAddressThatIsKnown() {
        var present = VirtualAddresses.NONE.with(List.of(own("web"), own("api")));
        var snapshot =
                VirtualAddresses.NONE.with(
                        List.of(own("api"), own("old"), own("db"), ofLke("pay"), own("web")));

        var restored = present.restoring(snapshot);

        assertThat(address(restored, own("web"))).contains("240.0.0.1");
        assertThat(address(restored, own("api"))).contains("240.0.0.2");
        // its number has another meaning here
        assertThat(address(restored, own("old"))).isEmpty();
        assertThat(address(restored, own("db"))).contains("240.0.0.3");
        assertThat(address(restored, ofLke("pay"))).contains("240.0.0.4");
        assertThat(restored.next()).isEqualTo(6);
        assertThat(restored.restoring(snapshot)).isSameAs(restored);
    }
}
