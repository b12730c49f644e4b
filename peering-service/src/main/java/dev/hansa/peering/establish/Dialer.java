package dev.hansa.peering.establish;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringFailure;
import dev.hansa.peering.PeeringFailure.Conflict.Cause;
import dev.hansa.peering.establish.Establishment.Established;
import dev.hansa.peering.establish.Establishment.Refused;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.store.StoredState;
import dev.hansa.peering.stream.PeerConnector;
import dev.hansa.peering.stream.PeerConnector.Exchange;
import dev.hansa.peering.stream.StreamContext;
import dev.hansa.token.Fingerprint;
import dev.hansa.token.PeeringToken;
import dev.hansa.token.TokenReader;
import dev.hansa.token.TokenReading;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// The side that accepts an invitation: reads a token, checks it against all that is known here,
/// and uses its secret at the address it names.
public final class Dialer {
    /// Consul's budget for one round of addresses; a second round follows when gateways are used.
    private static final Duration ROUND = Duration.ofSeconds(3);

    /// One address of several must not use up the round.
    private static final Duration ATTEMPT = Duration.ofSeconds(2);

    /// An attempt at an only address outlasts the round, as there is no other to turn to and one
    /// that we give up may have used the secret: two servers that have just been started on a busy
    /// machine need more than three seconds for their first exchange.
    private static final Duration ONLY_ATTEMPT = Duration.ofSeconds(10);

    /// A gateway has its new route within a round trip; a restarting one within this.
    private static final Duration GATEWAY_LIMIT = Duration.ofSeconds(2);

    /// Between attempts that failed at once, so that a refusing address is not hammered.
    private static final Duration PAUSE = Duration.ofMillis(150);

    private final StreamContext context;
    private final PeerConnector connector;
    private final TokenReader reader;
    private final GatewayReadiness gateways;

    /// As many as requests that are answered at once.
    private final Set<PeerName> underWay = ConcurrentHashMap.newKeySet();

    public Dialer(
            StreamContext context,
            PeerConnector connector,
            TokenReader reader,
            GatewayReadiness gateways) {
        this.context = context;
        this.connector = connector;
        this.reader = reader;
        this.gateways = gateways;
    }

    /// Establishes a peering, or renews one of the same name with a fresh token. When it is refused
    /// nothing has changed here, unless the peer took the secret. Waits on the network and the
    /// disk.
    ///
    /// @param terms what this operator asks of the token
    /// @throws InterruptedException when told to stop
    public Establishment establish(
            PeerName name, String tokenText, Map<String, String> meta, TokenTerms terms)
            throws InterruptedException {
        var outcome =
                switch (reader.read(tokenText, Instant.now(context.clock()), terms)) {
                    case TokenReading.Rejected(var rejection) -> {
                        context.events()
                                .accept(new PeeringEvent.TokenRejected(name, rejection.reason()));
                        yield new Refused(new PeeringFailure.TokenUnusable(rejection.sentence()));
                    }
                    case TokenReading.Accepted(var token, var fingerprint, _) ->
                            alone(name, token, fingerprint, meta);
                };
        switch (outcome) {
            case Established _ -> {}
            case Refused(var failure) ->
                    context.events().accept(new PeeringEvent.EstablishFailed(name, failure));
        }
        return outcome;
    }

    /// Two at the same time under one name would take back each other's record.
    private Establishment alone(
            PeerName name, PeeringToken token, Fingerprint fingerprint, Map<String, String> meta)
            throws InterruptedException {
        if (!underWay.add(name)) {
            return new Refused(
                    new PeeringFailure.Conflict(
                            Cause.UNDER_WAY,
                            "peering '" + name + "' is being established already"));
        }
        try {
            return establish(name, token, fingerprint, meta);
        } finally {
            underWay.remove(name);
        }
    }

    private Establishment establish(
            PeerName name, PeeringToken token, Fingerprint fingerprint, Map<String, String> meta)
            throws InterruptedException {
        var state = context.store().now();
        var failure =
                unusable(token)
                        .or(() -> conflict(name, token, state))
                        .or(() -> crowded(name, state));
        if (failure.isPresent()) {
            return new Refused(failure.get());
        }
        var before = state.peering(name);
        var id = before.map(PeeringRecord::id).orElseGet(() -> UUID.randomUUID().toString());
        var written = record(name, id, token, meta, before);
        if (context.store().apply(new StoreCommand.PutPeering(written, context.limits().peerings()))
                instanceof StoreAnswer.Refused(var reason)) {
            return new Refused(new PeeringFailure.NotReady("peering not written: " + reason));
        }
        return switch (exchange(token)) {
            case Answer.Granted(var secret) -> finish(id, secret, token, fingerprint);
            case Answer.Failed(var cause) -> {
                takeBack(before, id);
                yield new Refused(cause);
            }
        };
    }

    private Optional<PeeringFailure> unusable(PeeringToken token) {
        if (token.serverAddresses().isEmpty() && token.manualServerAddresses().isEmpty()) {
            return unusable("peering token server addresses value is empty");
        }
        for (var address : addresses(token)) {
            try {
                Endpoint.parse(address);
            } catch (IllegalArgumentException _) {
                return unusable(
                        ForeignText.shown(address) + " is not a valid peering server address");
            }
        }
        if (token.caPems().isEmpty()) {
            return unusable("peering token CA value is empty");
        }
        try {
            TrustBundle.fromPem(token.issuer(), token.caPems());
        } catch (IllegalArgumentException e) {
            return unusable("peering token invalid CA: " + e.getMessage());
        }
        if (token.serverName().isEmpty()) {
            return unusable("peering token server name value is empty");
        }
        if (token.peerId().isEmpty()) {
            return unusable("peering token peer ID value is empty");
        }
        return Optional.empty();
    }

    private static Optional<PeeringFailure> unusable(String message) {
        return Optional.of(new PeeringFailure.TokenUnusable(message));
    }

    private Optional<PeeringFailure> crowded(PeerName name, StoreState state) {
        var most = context.limits().peerings();
        return state.peering(name).isEmpty() && state.peerings().size() >= most
                ? Optional.of(PeeringFailure.Conflict.tooMany(name, most, state.peerings().size()))
                : Optional.empty();
    }

    private Optional<PeeringFailure> conflict(PeerName name, PeeringToken token, StoreState state) {
        if (token.serverName().equals(context.own().serverName())
                || token.issuer().equals(context.own().trustDomain())) {
            return conflict(
                    Cause.WITH_ONESELF,
                    "cannot create a peering within the same cluster \""
                            + token.serverName()
                            + "\". Refer to the `exported-services` documentation if you want to export between partitions without peering");
        }
        for (var other : state.peerings().values()) {
            if (other.name().equals(name)) {
                if (!other.dials()) {
                    return conflict(
                            Cause.ACCEPTS_ALREADY,
                            "cannot create peering with name: \""
                                    + name
                                    + "\"; there is an existing peering expecting to be dialed");
                }
                if (other.state() == StoredState.DELETING) {
                    return conflict(
                            Cause.DELETING, "cannot write to peering that is marked for deletion");
                }
                if (other.trustDomain().isPresent()
                        && !other.trustDomain().get().equals(token.issuer())) {
                    return conflict(
                            Cause.OTHER_TRUST_DOMAIN,
                            "peering '"
                                    + name
                                    + "': required trust domain '"
                                    + other.trustDomain().get()
                                    + "'; found '"
                                    + token.issuer()
                                    + "'");
                }
                var stranger = stranger(other, token, state);
                if (stranger.isPresent()) {
                    return stranger;
                }
            } else if (other.trustDomain().equals(Optional.of(token.issuer()))) {
                return conflict(
                        Cause.PEERED_ALREADY,
                        "trust domain '"
                                + token.issuer()
                                + "' is peered already, as '"
                                + other.name()
                                + "'");
            }
        }
        return Optional.empty();
    }

    private static Optional<PeeringFailure> conflict(Cause cause, String message) {
        return Optional.of(new PeeringFailure.Conflict(cause, message));
    }

    /// A trust domain is only a name; what it was first seen with are keys. A token may bring those
    /// that are known, and those that they certify.
    private static Optional<PeeringFailure> stranger(
            PeeringRecord peering, PeeringToken token, StoreState state) {
        var bundle = state.bundles().get(peering.name());
        var known =
                TrustBundle.fromPem(
                                token.issuer(),
                                bundle == null ? peering.caPems() : bundle.rootPems())
                        .roots();
        if (known.isEmpty()) {
            return Optional.empty();
        }
        for (var root : TrustBundle.fromPem(token.issuer(), token.caPems()).roots()) {
            if (known.stream().noneMatch(each -> vouches(each, root))) {
                return conflict(
                        Cause.UNKNOWN_ROOT,
                        "peering '"
                                + peering.name()
                                + "': required a root of trust domain '"
                                + token.issuer()
                                + "' that is known here, or certified by one that is; found another:"
                                + " delete the peering first if the peer was made anew");
            }
        }
        return Optional.empty();
    }

    private static boolean vouches(X509Certificate known, X509Certificate root) {
        if (known.getPublicKey().equals(root.getPublicKey())) {
            return true;
        }
        try {
            root.verify(known.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /// A live stream's addresses are fresher than the token's.
    private PeeringRecord record(
            PeerName name,
            String id,
            PeeringToken token,
            Map<String, String> meta,
            Optional<PeeringRecord> before) {
        var isConnected = context.streams().status(name).connected();
        var addresses =
                isConnected && before.isPresent() && !before.get().serverAddresses().isEmpty()
                        ? before.get().serverAddresses()
                        : token.serverAddresses();
        var stored = before.map(PeeringRecord::state).filter(StoredState::isLive);
        return new PeeringRecord(
                name,
                id,
                stored.orElse(StoredState.PENDING),
                meta.isEmpty() ? before.map(PeeringRecord::meta).orElse(meta) : meta,
                token.peerId(),
                Optional.of(token.issuer()),
                token.datacenter().name(),
                token.serverName(),
                token.caPems(),
                addresses,
                token.manualServerAddresses(),
                Optional.empty(),
                before.map(PeeringRecord::createIndex).orElse(0L),
                before.map(PeeringRecord::modifyIndex).orElse(0L));
    }

    private static List<String> addresses(PeeringToken token) {
        return token.manualServerAddresses().isEmpty()
                ? token.serverAddresses()
                : token.manualServerAddresses();
    }

    private sealed interface Answer {
        record Granted(Secret secret) implements Answer {}

        record Failed(PeeringFailure failure) implements Answer {}
    }

    /// Through our own gateways when we must, and only if that leads nowhere also directly.
    private Answer exchange(PeeringToken token) throws InterruptedException {
        var own =
                context.own()
                        .addresses()
                        .gatewaysToDial(context.store().now(), context.catalog().snapshots().get());
        var failures = new ArrayList<String>();
        if (!own.isEmpty()) {
            gateways.await(token.serverName(), GATEWAY_LIMIT);
            var answer = round(token, own, false, failures);
            if (answer.isPresent()) {
                return answer.get();
            }
        }
        var all = new ArrayList<>(own);
        all.addAll(addresses(token));
        return round(token, all, all.stream().distinct().count() == 1, failures)
                .orElseGet(() ->
                        new Answer.Failed(
                                new PeeringFailure.Unreachable(
                                        failures.stream().distinct().toList())));
    }

    /// @param isOnly whether there is no other address to turn to, neither now nor later
    private Optional<Answer> round(
            PeeringToken token, List<String> ring, boolean isOnly, List<String> failures)
            throws InterruptedException {
        var ends = System.nanoTime() + ROUND.toNanos();
        for (var i = 0; ; i++) {
            var left = Duration.ofNanos(ends - System.nanoTime());
            if (!left.isPositive()) {
                return Optional.empty();
            }
            var address = ring.get(i % ring.size());
            var remote = new PeerConnector.Remote(address, token.serverName(), token.caPems());
            var limit = isOnly ? ONLY_ATTEMPT : left.compareTo(ATTEMPT) < 0 ? left : ATTEMPT;
            switch (connector.exchangeSecret(
                    remote, token.peerId(), token.establishmentSecret(), limit)) {
                case Exchange.Granted(var secret) -> {
                    return Optional.of(new Answer.Granted(secret));
                }
                case Exchange.Denied(var reason) -> {
                    return Optional.of(new Answer.Failed(denied(reason, failures)));
                }
                case Exchange.Failed(var reason) ->
                        failures.add(
                                "failed to exchange peering secret through address \""
                                        + address
                                        + "\": "
                                        + reason);
            }
            Thread.sleep(PAUSE);
        }
    }

    /// When attempts of ours went unanswered, one of them may be who used the secret.
    private static PeeringFailure denied(String reason, List<String> failures) {
        return new PeeringFailure.SecretDenied(
                failures.isEmpty()
                        ? reason
                        : reason
                                + "; earlier attempts: "
                                + String.join("; ", failures.stream().distinct().toList()));
    }

    private Establishment finish(
            String id, Secret secret, PeeringToken token, Fingerprint fingerprint) {
        var record = context.store().now().peeringById(id);
        if (record.isEmpty() || !record.get().state().isLive()) {
            return new Refused(
                    new PeeringFailure.Conflict(
                            Cause.DELETING,
                            "peering does not exist or has been marked for deletion"));
        }
        var established = record.get().with(StoredState.ESTABLISHING);
        return switch (context.store().apply(new StoreCommand.Establish(established, secret))) {
            case StoreAnswer.Applied _, StoreAnswer.Unchanged _ -> {
                context.events()
                        .accept(
                                new PeeringEvent.Established(
                                        established.name(), token.serverName()));
                yield new Established(fingerprint);
            }
            case StoreAnswer.Refused(var reason) ->
                    new Refused(new PeeringFailure.NotReady("peering not written: " + reason));
        };
    }

    /// The record had to be written first, for the gateways to learn the route. Consul leaves it
    /// behind as PENDING when the exchange fails; here a refused token changes nothing.
    private void takeBack(Optional<PeeringRecord> before, String id) {
        var written = context.store().now().peeringById(id);
        if (written.isEmpty()) {
            return;
        }
        var name = written.get().name();
        var undo =
                before.<StoreCommand>map(old ->
                                new StoreCommand.PutPeering(
                                        old.indexed(
                                                old.createIndex(), written.get().modifyIndex())))
                        .orElseGet(() -> new StoreCommand.RemovePeering(name));
        if (context.store().apply(undo) instanceof StoreAnswer.Refused(var reason)) {
            context.events()
                    .accept(
                            new PeeringEvent.EstablishFailed(
                                    name,
                                    new PeeringFailure.NotReady(
                                            "the former peering was not restored: " + reason)));
        }
    }
}
