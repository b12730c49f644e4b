package dev.hansa.peering;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.api.PeeringOperations;
import dev.hansa.peering.api.PeeringView;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.establish.Acceptor;
import dev.hansa.peering.establish.Dialer;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.establish.TokenGeneration;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoredState;
import dev.hansa.token.TokenForm;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Peerings as operators see them: over the acceptor, the dialer and the registry.
final class PeeringDesk implements PeeringOperations {
    /// A peering is written by its stream too; a delete that meets such a write looks again this
    /// often.
    private static final int DELETE_ATTEMPTS = 5;

    private final Store store;
    private final Acceptor acceptor;
    private final Dialer dialer;
    private final PeeringRegistry registry;
    private final Datacenter datacenter;
    private final Duration tokenLife;
    private final TokenForm tokenForm;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;

    PeeringDesk(
            Store store,
            Acceptor acceptor,
            Dialer dialer,
            PeeringRegistry registry,
            Datacenter datacenter,
            Duration tokenLife,
            TokenForm tokenForm,
            Clock clock,
            Consumer<PeeringEvent> events) {
        this.store = store;
        this.acceptor = acceptor;
        this.dialer = dialer;
        this.registry = registry;
        this.datacenter = datacenter;
        this.tokenLife = tokenLife;
        this.tokenForm = tokenForm;
        this.clock = clock;
        this.events = events;
    }

    @Override
    public TokenResult generateToken(
            PeerName peer,
            String forDatacenter,
            Map<String, String> meta,
            List<String> externalAddresses,
            Optional<Duration> life,
            Optional<TokenForm> form) {
        var audience = forDatacenter.isEmpty() ? TokenTerms.ANY_DATACENTER : forDatacenter;
        return switch (acceptor.generateToken(
                peer,
                audience,
                meta,
                externalAddresses,
                life.orElse(tokenLife),
                form.orElse(tokenForm))) {
            case TokenGeneration.Generated(var text, _, _, var fingerprint) ->
                    new TokenResult.Ok(text, fingerprint.hex(), fingerprint.words());
            case TokenGeneration.Refused(var failure) ->
                    new TokenResult.Failed(status(failure), failure.message());
        };
    }

    @Override
    public EstablishResult establish(
            PeerName peer, String token, Map<String, String> meta, Conditions conditions) {
        var terms =
                new TokenTerms(
                        datacenter,
                        conditions.acceptedAudience(),
                        conditions.requiresSigned(),
                        conditions.expectedFingerprint());
        try {
            return switch (dialer.establish(peer, token, meta, terms)) {
                case Establishment.Established(var fingerprint) ->
                        new EstablishResult.Ok(fingerprint.hex(), fingerprint.words());
                case Establishment.Refused(var failure) ->
                        new EstablishResult.Failed(status(failure), failure.message());
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new EstablishResult.Failed(503, "the server is stopping");
        }
    }

    @Override
    public RevokeResult revokeToken(PeerName peer) {
        return switch (acceptor.revokeToken(peer)) {
            case Acceptor.Revocation.Revoked(var id) -> new RevokeResult.Ok(id);
            case Acceptor.Revocation.Refused(var reason) -> new RevokeResult.Failed(reason);
        };
    }

    /// Consul answers 403 where the secret was denied and 500 for all the rest; its clients match
    /// on the text.
    private static int status(PeeringFailure failure) {
        return switch (failure) {
            case PeeringFailure.SecretDenied _ -> 403;
            case PeeringFailure.TokenUnusable _,
                    PeeringFailure.Conflict _,
                    PeeringFailure.Unreachable _,
                    PeeringFailure.NotReady _ ->
                    500;
        };
    }

    @Override
    public Optional<String> delete(PeerName peer) {
        for (var attempt = 1; attempt <= DELETE_ATTEMPTS; attempt++) {
            var record = store.now().peering(peer);
            if (record.isEmpty() || record.get().state() == StoredState.DELETING) {
                return Optional.empty();
            }
            var command = new StoreCommand.PutPeering(record.get().deleting(clock.instant()));
            var answer =
                    attempt < DELETE_ATTEMPTS
                            ? Author.trying(() -> store.apply(command))
                            : store.apply(command);
            if (answer instanceof StoreAnswer.Applied) {
                events.accept(new PeeringEvent.PeeringDeleted(peer));
                return Optional.empty();
            }
        }
        return Optional.of("peering '" + peer + "' kept changing; try again");
    }

    @Override
    public Optional<PeeringView> view(PeerName peer) {
        return store.now().peering(peer).map(this::view);
    }

    @Override
    public List<PeeringView> list() {
        return store.now().peerings().values().stream()
                .sorted(Comparator.comparing(PeeringRecord::name))
                .map(this::view)
                .toList();
    }

    private PeeringView view(PeeringRecord record) {
        var status = registry.status(record.name());
        return new PeeringView(
                record,
                registry.state(record).name(),
                registry.imported(record.name()),
                status.exportedServices(),
                status.lastHeartbeat(),
                status.lastReceive(),
                status.lastSend());
    }

    @Override
    public Latest<Long> changes() {
        return registry.changes();
    }
}
