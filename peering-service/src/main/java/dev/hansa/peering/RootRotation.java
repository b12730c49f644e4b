package dev.hansa.peering;

import dev.hansa.peering.api.CaOperations;
import dev.hansa.peering.config.ExternalCaFiles;
import dev.hansa.peering.discovery.RoutePublisher.ProxyTrust;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.CaRecord.Phase;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.stream.LiveStreams;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaPem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Moves the datacenter from one root to the next without a refused connection: publish both, let
/// the new one sign, withdraw the old one. Each step is one write; whoever starts again after it
/// goes on from there. What it waits for it sees anew after a restart, because proxies and peers
/// come back and say again what they have.
final class RootRotation implements CaOperations, AutoCloseable {
    /// A rotation takes from seconds to days, and a look costs microseconds for each proxy.
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    /// How long nothing may change before the intermediate's age is looked at again.
    private static final Duration IDLE = Duration.ofHours(1);

    /// Who lives through a restart of this server, or of its own, is back by then; back-off ends at
    /// ten seconds.
    private static final Duration GRACE = Duration.ofSeconds(30);

    /// A handshake that began with the old certificate, just before its proxy said that it has the
    /// new one, may still be on its way: the limit of one attempt, by default.
    static final Duration SETTLE = Duration.ofSeconds(5);

    private static final String BEGUN_MEANWHILE =
            "rotation: expected none in progress; found one just begun";

    private final Store store;
    private final LiveStreams streams;
    private final Supplier<List<ProxyTrust>> proxies;
    private final Runnable apply;
    private final Terms terms;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;
    private final Instant begun;
    private final Map<String, Instant> lastSeen = new ConcurrentHashMap<>();
    private final Set<String> renewed = ConcurrentHashMap.newKeySet();
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private long appliedGeneration = -1;

    /// `System.nanoTime` since when nobody has been waited for; this thread's only.
    private OptionalLong settledSince = OptionalLong.empty();

    /// What the operator has set.
    ///
    /// @param external the operator's own root, if there is one
    /// @param limit how long a phase waits at most
    /// @param leafLife after which no leaf of the old root is left
    /// @param settle how long nobody must have been waited for before the old root goes
    record Terms(
            Optional<ExternalCaFiles> external,
            Duration limit,
            Duration leafLife,
            Duration settle) {}

    /// @param proxies what the connected proxies say
    /// @param apply makes the listeners serve and trust what the store says
    RootRotation(
            Store store,
            LiveStreams streams,
            Supplier<List<ProxyTrust>> proxies,
            Runnable apply,
            Terms terms,
            Clock clock,
            Consumer<PeeringEvent> events) {
        this.store = store;
        this.streams = streams;
        this.proxies = proxies;
        this.apply = apply;
        this.terms = terms;
        this.clock = clock;
        this.events = events;
        this.begun = clock.instant();
        this.thread = Thread.ofVirtual().name("ca-rotation").unstarted(this::run);
    }

    /// Begins to look; the listeners are there.
    void start() {
        thread.start();
    }

    private CaRecord present() {
        return store.now().ca().orElseThrow();
    }

    private void run() {
        try {
            while (true) {
                var seen = present();
                try {
                    look(seen);
                } catch (RuntimeException | Error e) {
                    // what is published stays published; the next look tries again
                    events.accept(
                            new PeeringEvent.BackgroundFailure("the certificate authority", e));
                    Thread.sleep(LOOK_EVERY);
                }
                if (present().rotation().isEmpty()) {
                    var generation = appliedGeneration;
                    store.state().await(state -> hasMoved(state, generation), IDLE);
                } else {
                    Thread.sleep(LOOK_EVERY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean hasMoved(StoreState state, long generation) {
        return state.ca().orElseThrow().generation() != generation;
    }

    /// Serves what is written before anything is concluded from it.
    private void look(CaRecord ca) {
        if (ca.generation() != appliedGeneration) {
            apply.run();
            appliedGeneration = ca.generation();
        }
        if (ca.rotation().isPresent()) {
            advance(ca, ca.rotation().get());
        } else {
            renewIntermediate(ca);
        }
    }

    private void advance(CaRecord ca, CaRecord.Rotation going) {
        observe(ca);
        var waits = waits(ca, going);
        var now = clock.instant();
        if (now.isBefore(going.since().plus(terms.limit()))
                && (!waits.isEmpty() || going.phase() == Phase.RETIRING && !isSettled())) {
            settledSince = waits.isEmpty() ? settledSince : OptionalLong.empty();
            return;
        }
        settledSince = OptionalLong.empty();
        if (!waits.isEmpty()) {
            events.accept(
                    new PeeringEvent.CaRotated(
                            "waited-enough",
                            "after " + terms.limit() + " without " + names(waits)));
        }
        switch (going.phase()) {
            case PUBLISHING -> {
                var holders = new HashSet<>(going.holders());
                proxies.get().forEach(proxy -> holders.add(proxy.name()));
                renewed.clear();
                write(ca.retiring(holders, told, now), "switched", root(ca, going.otherRootPem()));
            }
            case RETIRING -> write(ca.retired(), "retired", root(ca, going.otherRootPem()));
        }
    }

    private boolean isSettled() {
        var now = System.nanoTime();
        if (settledSince.isEmpty()) {
            settledSince = OptionalLong.of(now);
        }
        return now - settledSince.getAsLong() >= terms.settle().toNanos();
    }

    private static String names(List<Wait> waits) {
        return String.join(
                ", ",
                waits.stream().limit(10).map(wait -> wait.kind() + " " + wait.name()).toList());
    }

    private boolean write(CaRecord next, String step, String detail) {
        if (store.apply(new StoreCommand.ReplaceCa(next)) instanceof StoreAnswer.Applied) {
            events.accept(new PeeringEvent.CaRotated(step, detail));
            return true;
        }
        return false;
    }

    /// Remembers who was here and what they said.
    private void observe(CaRecord ca) {
        var now = clock.instant();
        var issuer = ca.issuer();
        for (var proxy : proxies.get()) {
            lastSeen.put(proxy.name(), now);
            if (proxy.issuer().equals(issuer)) {
                renewed.add(proxy.name());
            } else {
                renewed.remove(proxy.name());
            }
        }
        for (var peer : peers(store.now())) {
            if (streams.trustedBy(peer).containsAll(ca.rootPems())) {
                told.add(peer.value());
            }
        }
    }

    /// Those who can have certificates of ours before them: not a token that nobody has used yet.
    private static List<PeerName> peers(StoreState state) {
        return state.peerings().values().stream()
                .filter(peering -> peering.state().isLive() && peering.trustDomain().isPresent())
                .map(peering -> peering.name())
                .sorted()
                .toList();
    }

    private List<Wait> waits(CaRecord ca, CaRecord.Rotation going) {
        var waits = new ArrayList<Wait>();
        switch (going.phase()) {
            case PUBLISHING -> {
                peersNotTold(ca, going, waits);
                proxiesNotTold(ca, going, waits);
            }
            case RETIRING -> {
                peersNotTold(ca, going, waits);
                proxiesNotRenewed(ca, going, waits);
            }
        }
        return waits;
    }

    /// Both roots must be known to a peer before the new one signs, where it can be reached, and
    /// before the old one goes. With a bridge, whoever cannot be reached may follow later.
    private void peersNotTold(CaRecord ca, CaRecord.Rotation going, List<Wait> waits) {
        var canFollow = going.next().flatMap(CaRecord.Next::bridgePem).isPresent();
        for (var peer : peers(store.now())) {
            var status = streams.status(peer);
            var isTold =
                    told.contains(peer.value())
                            || going.told().contains(peer.value())
                            || streams.trustedBy(peer).containsAll(ca.rootPems());
            if (isTold || !status.connected() && going.phase() == Phase.PUBLISHING && canFollow) {
                continue;
            }
            waits.add(
                    new Wait(
                            "peer",
                            peer.value(),
                            status.connected()
                                    ? "has not acknowledged both roots"
                                    : "is not reachable and has not acknowledged both roots",
                            status.connected()
                                    ? going.since()
                                    : status.lastReceive().orElse(going.since())));
        }
    }

    private void proxiesNotTold(CaRecord ca, CaRecord.Rotation going, List<Wait> waits) {
        var other = CaPem.certificate(new TrustDomain(ca.trustDomain()), going.otherRootPem());
        var connected = new HashSet<String>();
        for (var proxy : proxies.get()) {
            connected.add(proxy.name());
            if (!proxy.roots().contains(other)) {
                waits.add(
                        new Wait(
                                "proxy",
                                proxy.name(),
                                "has not acknowledged both roots",
                                going.since()));
            }
        }
        for (var holder : going.holders()) {
            var seen = lastSeen.getOrDefault(holder, begun);
            if (!connected.contains(holder) && clock.instant().isBefore(seen.plus(GRACE))) {
                waits.add(new Wait("proxy", holder, "is away since a moment ago", seen));
            }
        }
    }

    private void proxiesNotRenewed(CaRecord ca, CaRecord.Rotation going, List<Wait> waits) {
        var issuer = ca.issuer();
        var lives = clock.instant().isBefore(going.since().plus(terms.leafLife()));
        var connected = new HashMap<String, String>();
        proxies.get().forEach(proxy -> connected.put(proxy.name(), proxy.issuer()));
        connected.forEach((name, its) -> {
            if (!its.equals(issuer)) {
                waits.add(
                        new Wait(
                                "proxy",
                                name,
                                "uses a certificate of the old root",
                                going.since()));
            }
        });
        var away = new HashSet<>(going.holders());
        away.addAll(lastSeen.keySet());
        away.removeAll(connected.keySet());
        away.removeAll(renewed);
        for (var name : away) {
            if (lives) {
                waits.add(
                        new Wait(
                                "proxy",
                                name,
                                "is away with a certificate of the old root",
                                lastSeen.getOrDefault(name, going.since())));
            }
        }
    }

    /// From half of its life, a year, so that a server that is off for months does not find it
    /// spent. The operator's own is the operator's to renew.
    private void renewIntermediate(CaRecord ca) {
        var now = clock.instant();
        var present = CaPem.certificate(new TrustDomain(ca.trustDomain()), ca.intermediatePem());
        var begin = present.getNotBefore().toInstant();
        var half = Duration.between(begin, present.getNotAfter().toInstant()).dividedBy(2);
        if (now.isBefore(begin.plus(half))) {
            return;
        }
        NextCa.material(ca)
                .map(material -> material.withNewIntermediate(now))
                .ifPresent(next ->
                        write(
                                ca.withIntermediate(
                                        next.intermediatePem(), next.intermediateKeyPem()),
                                "intermediate-renewed",
                                ca.issuer()));
    }

    @Override
    public Optional<String> rotate(boolean external) {
        var ca = present();
        if (ca.rotation().isPresent()) {
            var going = ca.rotation().get();
            return Optional.of(
                    "rotation: expected none in progress; found one "
                            + going.phase().name().toLowerCase(Locale.ROOT)
                            + ", begun at "
                            + going.startedAt());
        }
        if (external && terms.external().isEmpty()) {
            return Optional.of(
                    "rotation: expected the settings ca.root-file, ca.intermediate-file and"
                            + " ca.intermediate-key-file; found none");
        }
        var now = clock.instant();
        CaRecord.Next next;
        try {
            next =
                    external
                            ? NextCa.external(ca, terms.external().orElseThrow(), now)
                            : NextCa.own(ca, now);
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        if (next.rootPem().equals(ca.rootPem())) {
            return write(
                            ca.withIntermediate(next.intermediatePem(), next.intermediateKeyPem()),
                            "intermediate-renewed",
                            root(ca, ca.rootPem()))
                    ? Optional.empty()
                    : Optional.of(BEGUN_MEANWHILE);
        }
        var holders = new HashSet<String>();
        proxies.get().forEach(proxy -> holders.add(proxy.name()));
        lastSeen.clear();
        renewed.clear();
        told.clear();
        return write(ca.publishing(next, holders, now), "publishing", root(ca, next.rootPem()))
                ? Optional.empty()
                : Optional.of(BEGUN_MEANWHILE);
    }

    @Override
    public Status status() {
        var ca = present();
        return new Status(
                ca.trustDomain(),
                root(ca, ca.rootPem()),
                !ca.rootKeyPem().value().isEmpty(),
                ca.rotation()
                        .map(going ->
                                new Rotation(
                                        going.phase().name().toLowerCase(Locale.ROOT),
                                        root(ca, going.otherRootPem()),
                                        going.startedAt(),
                                        going.since(),
                                        terms.limit(),
                                        waits(ca, going))));
    }

    private static String root(CaRecord ca, String pem) {
        return TrustBundle.rootId(CaPem.certificate(new TrustDomain(ca.trustDomain()), pem));
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
