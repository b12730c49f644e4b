package dev.hansa.gateway.sidecar;

import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.sidecar.Handshake.Reached;
import dev.hansa.gateway.wire.Race;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One endpoint of a target, for one connection.
///
/// @param counted makes the first handler of a channel
record Endeavour(
        EventLoop loop,
        Transport transport,
        TlsEnds present,
        Plan.Attempt attempt,
        Supplier<WireBytes> counted,
        Consumer<GatewayEvent> events)
        implements Race.Runner<Reached> {
    @Override
    public Way way() {
        return attempt.way();
    }

    @Override
    public int rank() {
        return attempt.rank();
    }

    @Override
    public Race.Attempt start(Duration limit, Race.Finish<Reached> finish) {
        return new Handshake(
                loop,
                transport,
                present,
                attempt.target(),
                attempt.endpoint().address(),
                limit,
                counted.get(),
                events,
                finish);
    }

    @Override
    public Optional<Race.Runner<Reached>> again(Sign sign) {
        return attempt.again(sign)
                .map(next -> new Endeavour(loop, transport, present, next, counted, events));
    }

    @Override
    public boolean leadsToMany() {
        return attempt.leadsToMany();
    }

    @Override
    public void discard(Reached result) {
        result.channel().close();
    }
}
