package dev.hansa.peering.failover;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.Control.Order;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.store.ControlRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.topology.Flows;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// Where operators ask about failover and steer it; at the leader.
public final class FailoverDesk implements FailoverOperations {
    /// Targets at peers whose way a trace follows into the gateways, and gateways for each: what a
    /// person still reads.
    private static final int TRACED_NAMES = 4;

    private static final int TRACED_GATEWAYS = 4;

    /// For each such target: whoever asked waits a minute, and gateways answer in no time or not at
    /// all.
    private static final Duration GATEWAYS_LIMIT = Duration.ofSeconds(10);

    private final RoutePublisher publisher;
    private final FailoverLog log;
    private final Store store;
    private final Drills drills;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;

    /// Two controls that each leave a service one target must not be granted at the same time.
    private final ReentrantLock one = new ReentrantLock();

    public FailoverDesk(
            RoutePublisher publisher,
            FailoverLog log,
            Store store,
            Drills drills,
            Clock clock,
            Consumer<PeeringEvent> events) {
        this.publisher = publisher;
        this.log = log;
        this.store = store;
        this.drills = drills;
        this.clock = clock;
        this.events = events;
    }

    @Override
    public Explainer.Answer explain(UpstreamName upstream, Optional<ServiceName> caller) {
        return explainer(publisher.view()).explain(upstream, caller);
    }

    private Explainer explainer(RouteView view) {
        return new Explainer(view, publisher::upstreamsOf, publisher::seen, clock.instant());
    }

    @Override
    public CallTrace.Answer trace(UpstreamName upstream, ServiceName caller)
            throws InterruptedException {
        var view = publisher.view();
        var unknown = explainer(view).unknown(upstream);
        if (unknown.isPresent()) {
            return new CallTrace.Answer.Refused(false, unknown.get());
        }
        var sidecar = publisher.trace(caller, upstream);
        if (sidecar.isEmpty()) {
            return new CallTrace.Answer.Refused(
                    true, "no sidecar of '" + caller + "' is connected in this datacenter");
        }
        var legs = new ArrayList<CallTrace.Leg>();
        var peers =
                view.route(upstream).targets().stream()
                        .filter(Target.PeerTarget.class::isInstance)
                        .filter(target -> !target.sni().isEmpty())
                        .limit(TRACED_NAMES)
                        .toList();
        for (var target : peers) {
            for (var trace : publisher.traceName(target.sni(), TRACED_GATEWAYS, GATEWAYS_LIMIT)) {
                legs.add(new CallTrace.Leg(target.label(), target.sni(), trace));
            }
        }
        return new CallTrace.Answer.Traced(new CallTrace(upstream, caller, sidecar.get(), legs));
    }

    @Override
    public List<Readiness> readiness() {
        return Readiness.of(publisher.view(), publisher.upstreams());
    }

    @Override
    public Flows flows() {
        return new Flows(publisher.view(), publisher.told());
    }

    @Override
    public List<RoutePublisher.Certified> proxies() {
        return publisher.certified();
    }

    @Override
    public List<Control> controls() {
        return store.now().controls(clock.instant()).inForce();
    }

    @Override
    public ControlAnswer order(ControlWish wish) {
        one.lock();
        try {
            var steering = new Steering(publisher.view(), publisher.upstreams());
            return switch (steering.judge(wish.wanted(), wish.anyway())) {
                case Steering.Judgement.Granted(var order) -> order(order, wish);
                case Steering.Judgement.Refused(var sentence) -> refused(wish, sentence);
            };
        } finally {
            one.unlock();
        }
    }

    private ControlAnswer order(Order order, ControlWish wish) {
        var began = System.nanoTime();
        var now = clock.instant();
        var record =
                ControlRecord.of(
                        order,
                        wish.by(),
                        wish.reason(),
                        now.truncatedTo(ChronoUnit.SECONDS),
                        wholeSecond(now.plus(wish.life())));
        return switch (store.apply(new StoreCommand.PutControl(record, now))) {
            case StoreAnswer.Applied(var index) -> {
                var control =
                        new Control(
                                index,
                                order,
                                wish.by(),
                                wish.reason(),
                                record.since(),
                                record.until());
                drills.watch(control, OptionalLong.of(began));
                events.accept(new PeeringEvent.ControlOrdered(control));
                yield new ControlAnswer.Ordered(control);
            }
            case StoreAnswer.Unchanged _ ->
                    throw new IllegalStateException("a new control changed nothing");
            case StoreAnswer.Refused(var reason) -> refused(wish, reason);
        };
    }

    /// People read it in every sentence about a target.
    private static Instant wholeSecond(Instant at) {
        var whole = at.truncatedTo(ChronoUnit.SECONDS);
        return whole.equals(at) ? whole : whole.plusSeconds(1);
    }

    private ControlAnswer refused(ControlWish wish, String sentence) {
        events.accept(
                new PeeringEvent.ControlRefused(
                        "steer failover: " + wish.wanted(), wish.by(), sentence));
        return new ControlAnswer.Refused(sentence);
    }

    @Override
    public boolean clear(long id, String by) {
        var record = store.now().controls().get(id);
        if (record == null
                || !(store.apply(new StoreCommand.RemoveControl(id))
                        instanceof StoreAnswer.Applied)) {
            return false;
        }
        record.control()
                .ifPresent(control ->
                        events.accept(new PeeringEvent.ControlEnded(control, "cleared by " + by)));
        return true;
    }

    @Override
    public Optional<DrillReport> drill(long id) {
        return drills.report(id);
    }

    @Override
    public List<FailoverEvent> failovers(long index) {
        return log.after(index);
    }

    @Override
    public Latest<Long> failoverCount() {
        return log.count();
    }
}
