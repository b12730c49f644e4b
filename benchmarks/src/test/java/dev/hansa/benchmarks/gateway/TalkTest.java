package dev.hansa.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.wire.SniPeek;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class TalkTest {
    @Test
    void helloOfTheLoadIsOneThatAGatewayReads() {
        var hello = Talk.hello("server.bench.peering.example");

        assertThat(hello).hasSize(Talk.HELLO);
        assertThat(SniPeek.look(Unpooled.wrappedBuffer(hello)))
                .isEqualTo(new SniPeek.Name(new ServerName("server.bench.peering.example")));
    }
}
