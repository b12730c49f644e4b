package dev.hansa.peering.establish;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringFailure;
import dev.hansa.peering.PeeringFailure.Conflict.Cause;
import dev.hansa.peering.establish.TokenGeneration.Generated;
import dev.hansa.peering.establish.TokenGeneration.Refused;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.PeeringSecrets;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.stream.StreamContext;
import dev.hansa.token.EstablishmentSecret;
import dev.hansa.token.Fingerprint;
import dev.hansa.token.PeeringToken;
import dev.hansa.token.TokenForm;
import dev.hansa.token.TokenIssuer;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/// The side that invites: makes the token that another datacenter's operator establishes with.
public final class Acceptor {
    /// The clocks of two datacenters differ a little.
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

    private final StreamContext context;
    private final Supplier<TokenIssuer> issuer;

    /// @param issuer signs with the key that is current when it is asked
    public Acceptor(StreamContext context, Supplier<TokenIssuer> issuer) {
        this.context = context;
        this.issuer = issuer;
    }

    /// Makes a token for a new peering or, if an earlier token was lost, another for the same. An
    /// unused earlier one is worthless from then on; a stream that lives goes on. Waits on the
    /// disk.
    ///
    /// @param audience the datacenter that may use it
    /// @param externalAddresses dialled instead of the addresses found here; may be empty
    public TokenGeneration generateToken(
            PeerName name,
            String audience,
            Map<String, String> meta,
            List<String> externalAddresses,
            Duration life,
            TokenForm form) {
        var outcome = generate(name, audience, meta, externalAddresses, life, form);
        switch (outcome) {
            case Generated _ -> {}
            case Refused(var failure) ->
                    context.events().accept(new PeeringEvent.TokenNotGenerated(name, failure));
        }
        return outcome;
    }

    private TokenGeneration generate(
            PeerName name,
            String audience,
            Map<String, String> meta,
            List<String> externalAddresses,
            Duration life,
            TokenForm form) {
        for (var address : externalAddresses) {
            try {
                Endpoint.parse(address);
            } catch (IllegalArgumentException _) {
                return refused(
                        new PeeringFailure.Conflict(
                                Cause.BAD_ADDRESS,
                                ForeignText.shown(address)
                                        + " is not a valid peering server address"));
            }
        }
        var state = context.store().now();
        var roots = context.own().roots().apply(state);
        if (roots.isEmpty()) {
            return refused(new PeeringFailure.NotReady("CA has not finished initializing"));
        }
        var addresses = context.own().addresses().now(state, context.catalog().snapshots().get());
        if (addresses.isEmpty()) {
            return refused(
                    new PeeringFailure.NotReady(
                            context.own().addresses().throughGateways().test(state)
                                    ? "servers are configured to PeerThroughMeshGateways, but no mesh gateway instances are registered"
                                    : "a grpc bind port must be specified in the configuration for all servers"));
        }
        var most = context.limits().peerings();
        if (state.peering(name).isEmpty() && state.peerings().size() >= most) {
            return refused(PeeringFailure.Conflict.tooMany(name, most, state.peerings().size()));
        }
        var conflict = state.peering(name).flatMap(Acceptor::conflict);
        if (conflict.isPresent()) {
            return refused(conflict.get());
        }
        var id =
                state.peering(name)
                        .map(PeeringRecord::id)
                        .orElseGet(() -> UUID.randomUUID().toString());
        var secret = EstablishmentSecret.random();
        var now = Instant.now(context.clock());
        var token =
                new PeeringToken(
                        context.own().trustDomain(),
                        context.own().datacenter(),
                        audience,
                        now,
                        now.minus(CLOCK_SKEW),
                        now.plus(life),
                        UUID.randomUUID().toString(),
                        id,
                        context.own().serverName(),
                        addresses.get(),
                        externalAddresses,
                        roots,
                        secret);
        var text = issuer.get().issue(token, form);
        return write(state.peering(name), PeeringRecord.accepting(name, id, meta), meta)
                .or(() -> issue(token, secret))
                .<TokenGeneration>map(reason ->
                        refused(new PeeringFailure.NotReady("peering not written: " + reason)))
                .orElseGet(() -> {
                    context.events()
                            .accept(new PeeringEvent.TokenGenerated(name, token.id(), life));
                    return new Generated(
                            text,
                            token.id(),
                            token.expiresAt(),
                            Fingerprint.of(TrustBundle.fromPem(token.issuer(), token.caPems())));
                });
    }

    /// Makes the unused token of a peering worthless. A stream that lives goes on.
    ///
    /// @return the id of the token that was revoked, or why none was
    public Revocation revokeToken(PeerName name) {
        var peering = context.store().now().peering(name);
        if (peering.isEmpty()) {
            return new Revocation.Refused("Peering not found for \"" + name + "\"");
        }
        var unused = context.store().now().secrets(peering.get().id()).establishment();
        if (unused.isEmpty()) {
            return new Revocation.Refused(
                    "peering '" + name + "': expected a token that was not used yet; found none");
        }
        var tokenId = unused.get().tokenId();
        return switch (context.store()
                .apply(new StoreCommand.RevokeEstablishment(peering.get().id(), tokenId))) {
            case StoreAnswer.Applied _, StoreAnswer.Unchanged _ -> {
                context.events().accept(new PeeringEvent.TokenRevoked(name, tokenId));
                yield new Revocation.Revoked(tokenId);
            }
            case StoreAnswer.Refused(var reason) -> new Revocation.Refused(reason);
        };
    }

    /// What came of revoking a token.
    public sealed interface Revocation {
        record Revoked(String tokenId) implements Revocation {}

        record Refused(String reason) implements Revocation {}
    }

    private static TokenGeneration refused(PeeringFailure failure) {
        return new Refused(failure);
    }

    /// A name is an acceptor's or a dialer's for life, and one that is ending is nobody's.
    private static Optional<PeeringFailure> conflict(PeeringRecord peering) {
        if (peering.dials()) {
            return conflict(
                    Cause.DIALS_ALREADY,
                    "cannot create peering with name: \""
                            + peering.name()
                            + "\"; there is already an established peering");
        }
        return switch (peering.state()) {
            case PENDING, ESTABLISHING -> Optional.empty();
            case DELETING ->
                    conflict(Cause.DELETING, "cannot write to peering that is marked for deletion");
            case TERMINATED ->
                    conflict(
                            Cause.TERMINATED,
                            "peering '"
                                    + peering.name()
                                    + "' was terminated by the peer: delete it before a new token is generated");
        };
    }

    private static Optional<PeeringFailure> conflict(Cause cause, String message) {
        return Optional.of(new PeeringFailure.Conflict(cause, message));
    }

    private Optional<String> write(
            Optional<PeeringRecord> existing, PeeringRecord fresh, Map<String, String> meta) {
        if (existing.isPresent() && (meta.isEmpty() || existing.get().meta().equals(meta))) {
            return Optional.empty();
        }
        var record = existing.map(old -> old.withMeta(meta)).orElse(fresh);
        return refusal(
                context.store()
                        .apply(new StoreCommand.PutPeering(record, context.limits().peerings())));
    }

    private Optional<String> issue(PeeringToken token, Secret secret) {
        return refusal(
                context.store()
                        .apply(
                                new StoreCommand.IssueEstablishment(
                                        token.peerId(),
                                        new PeeringSecrets.Establishment(
                                                Sha256.hex(secret),
                                                token.id(),
                                                token.expiresAt()))));
    }

    private static Optional<String> refusal(StoreAnswer answer) {
        return switch (answer) {
            case StoreAnswer.Applied _, StoreAnswer.Unchanged _ -> Optional.empty();
            case StoreAnswer.Refused(var reason) -> Optional.of(reason);
        };
    }
}
