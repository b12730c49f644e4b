package dev.hansa.gateway.wire;

import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.wire.Caller.Callee;
import java.time.Duration;

/// One endpoint, for one connection through a gateway.
record Endeavour(Caller caller, TargetEndpoint endpoint) implements Race.Runner<Callee> {
    @Override
    public Way way() {
        return SniRouter.way(endpoint);
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public Race.Attempt start(Duration limit, Race.Finish<Callee> finish) {
        return caller.connect(endpoint.address(), limit, finish);
    }

    @Override
    public void discard(Callee result) {
        result.discard();
    }
}
