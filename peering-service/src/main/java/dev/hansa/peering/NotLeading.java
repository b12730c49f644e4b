package dev.hansa.peering;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.api.CaOperations;
import dev.hansa.peering.api.PeeringOperations;
import dev.hansa.peering.api.PeeringView;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.failover.CallTrace;
import dev.hansa.peering.failover.ControlWish;
import dev.hansa.peering.failover.DrillReport;
import dev.hansa.peering.failover.Explainer;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.peering.failover.FailoverOperations;
import dev.hansa.peering.failover.Readiness;
import dev.hansa.peering.store.NotLeadingFailure;
import dev.hansa.peering.topology.Flows;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What only the leader does, at a server that does not lead: requests for it are passed on before
/// they come here.
final class NotLeading implements PeeringOperations, CaOperations, FailoverOperations {
    static final String SENTENCE = "expected the server that leads; found one that does not";

    private final Latest<Long> changes = new Latest<>(0L);

    private static NotLeadingFailure refusal() {
        return new NotLeadingFailure(SENTENCE);
    }

    @Override
    public TokenResult generateToken(
            PeerName peer,
            String forDatacenter,
            Map<String, String> meta,
            List<String> externalAddresses,
            Optional<Duration> life,
            Optional<TokenForm> form) {
        throw refusal();
    }

    @Override
    public EstablishResult establish(
            PeerName peer, String token, Map<String, String> meta, Conditions conditions) {
        throw refusal();
    }

    @Override
    public RevokeResult revokeToken(PeerName peer) {
        throw refusal();
    }

    @Override
    public Optional<String> delete(PeerName peer) {
        throw refusal();
    }

    @Override
    public Optional<PeeringView> view(PeerName peer) {
        throw refusal();
    }

    @Override
    public List<PeeringView> list() {
        throw refusal();
    }

    @Override
    public Latest<Long> changes() {
        return changes;
    }

    @Override
    public Explainer.Answer explain(UpstreamName upstream, Optional<ServiceName> caller) {
        throw refusal();
    }

    @Override
    public CallTrace.Answer trace(UpstreamName upstream, ServiceName caller) {
        throw refusal();
    }

    @Override
    public List<Readiness> readiness() {
        throw refusal();
    }

    @Override
    public Flows flows() {
        throw refusal();
    }

    @Override
    public List<RoutePublisher.Certified> proxies() {
        throw refusal();
    }

    @Override
    public List<Control> controls() {
        throw refusal();
    }

    @Override
    public ControlAnswer order(ControlWish wish) {
        throw refusal();
    }

    @Override
    public boolean clear(long id, String by) {
        throw refusal();
    }

    @Override
    public Optional<DrillReport> drill(long id) {
        throw refusal();
    }

    @Override
    public List<FailoverEvent> failovers(long index) {
        throw refusal();
    }

    @Override
    public Latest<Long> failoverCount() {
        return changes;
    }

    @Override
    public Status status() {
        throw refusal();
    }

    @Override
    public Optional<String> rotate(boolean external) {
        throw refusal();
    }
}
