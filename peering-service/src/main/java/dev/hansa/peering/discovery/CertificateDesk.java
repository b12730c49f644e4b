package dev.hansa.peering.discovery;

import com.google.protobuf.ByteString;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.cluster.ServerCertificate;
import dev.hansa.peering.store.JoinSecretRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CsrRejectedException;
import dev.hansa.trustbundle.ca.LeafCertificate;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Gives out join tokens, and certificates to those who show one. What a token may buy is written
/// down when it is made; a proxy cannot ask for more.
public final class CertificateDesk {
    private static final SecureRandom RANDOM = new SecureRandom();

    /// Who asks the other servers whether a secret is unknown does so on a thread that others renew
    /// on, of which Vert.x has 20: strangers do not take more of them.
    static final int MOST_CONFIRMING = 4;

    private final Semaphore confirming = new Semaphore(MOST_CONFIRMING);
    private final CertificateAuthority authority;
    private final Store store;
    private final Datacenter datacenter;
    private final Supplier<List<Endpoint>> servers;
    private final Supplier<NewServer> newServer;
    private final Duration leafLife;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;

    /// What a server needs that joins this datacenter's others, beside its certificate.
    ///
    /// @param group names the log
    /// @param sealingKey what the datacenter's secrets are sealed with; empty: it is kept elsewhere
    ///   than with the servers, and not theirs to give
    /// @param sealingKeyDigest tells that key from others
    /// @param members where the log's ports are
    public record NewServer(
            String group,
            ByteString sealingKey,
            ByteString sealingKeyDigest,
            List<String> members) {
        @Override
        public String toString() {
            return "NewServer[" + group + ", " + members + "]";
        }
    }

    /// @param servers where proxies find this datacenter's servers
    public CertificateDesk(
            CertificateAuthority authority,
            Store store,
            Datacenter datacenter,
            Supplier<List<Endpoint>> servers,
            Supplier<NewServer> newServer,
            Duration leafLife,
            Clock clock,
            Consumer<PeeringEvent> events) {
        this.authority = authority;
        this.store = store;
        this.datacenter = datacenter;
        this.servers = servers;
        this.newServer = newServer;
        this.leafLife = leafLife;
        this.clock = clock;
        this.events = events;
    }

    /// Whether a certificate was given.
    public sealed interface Answer {}

    /// @param server for a server only
    public record Given(LeafCertificate leaf, Optional<NewServer> server) implements Answer {}

    /// @param reason a lower-case fragment without any secret
    public record Denied(String reason) implements Answer {}

    /// This server cannot say now: the same is asked again, here or elsewhere.
    ///
    /// @param reason a lower-case fragment without any secret
    public record Unavailable(String reason) implements Answer {}

    public TrustBundle bundle() {
        return authority.bundle();
    }

    public TrustDomain trustDomain() {
        return authority.bundle().trustDomain();
    }

    /// A join token for the sidecars of some services, for a mesh gateway, for a server. Blocks on
    /// the store.
    ///
    /// @return the text of a join token file
    public String token(
            Set<ServiceName> services, boolean meshGateway, boolean server, Duration life) {
        var identities = new TreeSet<String>();
        services.forEach(service ->
                identities.add(
                        SpiffeId.service(trustDomain(), datacenter, service.value()).path()));
        if (meshGateway) {
            identities.add(SpiffeId.meshGateway(trustDomain(), datacenter).path());
        }
        if (server) {
            identities.add(server().path());
        }
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        var secret = new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
        var now = clock.instant();
        store.apply(
                new StoreCommand.PutJoinSecret(
                        new JoinSecretRecord(Sha256.hex(secret), identities, now.plus(life)), now));
        return new JoinToken(
                        servers.get(),
                        MeshNames.controlServer(datacenter, trustDomain()),
                        datacenter,
                        bundle(),
                        secret)
                .encode();
    }

    private SpiffeId server() {
        return SpiffeId.server(trustDomain(), datacenter);
    }

    Answer join(JoinRequest request) {
        var hash = Sha256.hex(new Secret(request.getJoinSecret()));
        var path = request.getIdentityPath();
        var now = clock.instant();
        // signing is work: nobody gets it done who has nothing to pay with
        if (refusal(hash, path, now).isPresent()) {
            // who is denied does not ask again, and another server may lead by now
            var unconfirmed = unconfirmed();
            if (unconfirmed.isPresent()) {
                return new Unavailable(unconfirmed.get());
            }
            var refusal = refusal(hash, path, now);
            if (refusal.isPresent()) {
                return new Denied(refusal.get());
            }
        }
        var answer = sign(new SpiffeId(trustDomain(), path), request.getCsr());
        if (answer instanceof Given given) {
            var key = Sha256.hex(given.leaf().chain().getFirst().getPublicKey().getEncoded());
            // paid for after it was made, so that a request that cannot be fulfilled uses nothing
            // up; of two that race one finds the secret used
            var command = new StoreCommand.UseJoinSecret(hash, path, key, now);
            return switch (Author.as("proxy " + path, () -> store.apply(command))) {
                case StoreAnswer.Applied _, StoreAnswer.Unchanged _ -> told(given, path);
                case StoreAnswer.Refused(var reason) -> new Denied(reason);
            };
        }
        return answer;
    }

    /// Why it is not known whether this server leads, and so whether there is such a secret.
    private Optional<String> unconfirmed() {
        if (!confirming.tryAcquire()) {
            return Optional.of(
                    "join secret: expected at most "
                            + MOST_CONFIRMING
                            + " unknown ones at a time; found as many already");
        }
        try {
            store.confirm();
            return Optional.empty();
        } catch (StoreFailure e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } finally {
            confirming.release();
        }
    }

    private Optional<String> refusal(String hash, String path, Instant now) {
        var secret = store.now().joinSecrets().get(hash);
        return secret == null ? Optional.of(JoinSecretRecord.UNKNOWN) : secret.refusal(path, now);
    }

    Answer renew(SpiffeId identity, ByteString csr) {
        return ProxyIdentity.of(identity, trustDomain(), datacenter).isEmpty()
                ? new Denied(
                        "renewal: expected a proxy of " + datacenter + "; found '" + identity + "'")
                : told(sign(identity, csr), identity.path());
    }

    private Answer sign(SpiffeId identity, ByteString csr) {
        try {
            if (identity.equals(server())) {
                return new Given(
                        authority.issue(
                                csr.toByteArray(),
                                identity,
                                ServerCertificate.names(trustDomain(), datacenter),
                                ServerCertificate.LIFE),
                        Optional.of(newServer.get()));
            }
            return new Given(
                    authority.issue(csr.toByteArray(), identity, List.of(), leafLife),
                    Optional.empty());
        } catch (CsrRejectedException e) {
            return new Denied(String.valueOf(e.getMessage()));
        }
    }

    private Answer told(Answer answer, String path) {
        if (answer instanceof Given) {
            events.accept(
                    new PeeringEvent.CertificateIssued(
                            new SpiffeId(trustDomain(), path).uri(), leafLife));
        }
        return answer;
    }
}
