package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy.Destination;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RedirectChainTest {
    private static Destination to(String service) {
        return new Destination(new ServiceName(service), Optional.empty());
    }

    /// s0 is s1 is s2 …
    private static FailoverPolicy next(ServiceName service) {
        var number = Integer.parseInt(service.value().substring(1));
        return new FailoverPolicy(
                service,
                Route.DEFAULT_CONNECT_TIMEOUT,
                number < 100_000 ? Optional.of(to("s" + (number + 1))) : Optional.empty(),
                List.of());
    }

    @Test
    void longChainLeadsNowhereAndSaysSo() {
        var ways = RedirectChain.of(to("s0"), RedirectChainTest::next);

        assertThat(ways).hasSize(1);
        assertThat(ways.getFirst().circle()).contains("more than 32 redirects in a row");
        assertThat(RedirectChain.of(to("s99990"), RedirectChainTest::next).getFirst().circle())
                .isEmpty();
    }
}
