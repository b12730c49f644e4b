package dev.hansa.peering;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.bootstrap.Seal;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.ServerEntry;
import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.cluster.ServerCertificate;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.peering.store.MemberNotes;
import dev.hansa.peering.store.Membership;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.StrangerCall;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.ca.LeafCertificate;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// How a server becomes one of several of its datacenter: with a server join token it gets a
/// certificate, the sealing key and the log's name; then the members add it. Whatever dies on the
/// way, the same server may ask again; and what it has bought it keeps until it has joined.
final class ServerJoin {
    /// The others may be starting too.
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

    /// The members wait until it has the state.
    private static final Duration ADD_LIMIT = Duration.ofMinutes(3);

    /// Of one name; a datacenter has seven servers at most, and a name may be of a service with
    /// other processes behind it.
    private static final int MAX_ADDRESSES = 32;

    private final PeeringServiceConfig config;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;

    ServerJoin(PeeringServiceConfig config, Clock clock, Consumer<PeeringEvent> events) {
        this.config = config;
        this.clock = clock;
        this.events = events;
    }

    /// @param joins whether this server is yet to be added, or has not noted yet that it was
    /// @param members where those are who are asked to add it
    record Ticket(Membership membership, boolean joins, List<String> members) {
        Ticket {
            members = List.copyOf(members);
        }

        private static Ticket of(Membership membership) {
            return new Ticket(membership, false, List.of());
        }
    }

    /// What this server is to the log: its founder, a member since an earlier life, or about to be
    /// added.
    ///
    /// @param member learns who this server is when it is about to be added
    /// @throws IllegalArgumentException when the token is not one of this datacenter's for servers
    /// @throws StoreFailure when the datacenter refuses
    /// @throws InterruptedException when told to stop
    Ticket ticket(MemberIdentity member) throws IOException, InterruptedException {
        var marker = MemberNotes.joining(config.dataDir());
        var listen = config.raftAddress();
        if (marker.isEmpty() && MemberNotes.exists(config.dataDir())) {
            MemberNotes.joined(config.dataDir());
            return Ticket.of(
                    MemberNotes.addedAs(config.dataDir(), listen)
                            .map(name -> Membership.added(Optional.empty(), name, listen))
                            .orElseGet(() -> Membership.founder(listen))
                            .boundTo(config.bindHost()));
        }
        var bought =
                marker.isPresent()
                        ? MemberNotes.bought(config.dataDir()).flatMap(ServerJoin::noted)
                        : Optional.<Issued>empty();
        if (bought.isPresent() && MemberNotes.knowsAuthority(config.dataDir(), config.sealKey())) {
            var name = MemberNotes.addedAs(config.dataDir(), listen);
            if (name.isPresent()) {
                return added(bought.get(), name.get());
            }
        }
        if (config.joinToken().isEmpty()) {
            if (marker.isPresent()) {
                throw new StoreFailure(
                        "'"
                                + config.dataDir()
                                + "': expected the join token that this server began to join with;"
                                + " found none",
                        null);
            }
            return Ticket.of(Membership.founder(listen).boundTo(config.bindHost()));
        }
        var file = config.joinToken().get();
        var token = JoinToken.read(file);
        if (!token.datacenter().equals(config.datacenter())) {
            throw new IllegalArgumentException(
                    "'"
                            + file
                            + "': expected a join token of datacenter '"
                            + config.datacenter()
                            + "'; found one of '"
                            + token.datacenter()
                            + "'");
        }
        return join(token, marker, bought, member);
    }

    private Ticket join(
            JoinToken token,
            Optional<String> marker,
            Optional<Issued> bought,
            MemberIdentity member)
            throws IOException, InterruptedException {
        var own = ownSeal();
        var key = marker.isPresent() ? key(marker.get()) : CertificateRequest.newKey();
        if (marker.isEmpty()) {
            MemberNotes.joining(config.dataDir(), text(key));
        }
        var identity = SpiffeId.server(token.trustDomain(), token.datacenter());
        var issued =
                ask(
                        token,
                        key,
                        identity,
                        bought.filter(had -> problem(had, token, key, identity).isEmpty()));
        problem(issued, token, key, identity)
                .ifPresent(problem -> {
                    throw new StoreFailure(problem, null);
                });
        MemberNotes.bought(config.dataDir(), note(issued, own.isPresent()));
        var name =
                MemberNotes.addedAs(config.dataDir(), config.raftAddress())
                        .orElseGet(this::newName);
        MemberNotes.prepare(config.dataDir(), name, sealingKey(own, issued.getServer()));
        member.joined(
                new ServerCertificate(key, new LeafCertificate(identity, chain(issued))),
                new TrustBundle(
                        token.trustDomain(),
                        issued.getRootsList().stream().map(RouteCodec::certificate).toList()));
        return added(issued, name);
    }

    private static List<X509Certificate> chain(Issued issued) {
        return issued.getChainList().stream().map(RouteCodec::certificate).toList();
    }

    /// Why that is not what the token was to buy, or is not any more.
    private Optional<String> problem(
            Issued issued, JoinToken token, KeyPair key, SpiffeId identity) {
        var chain = chain(issued);
        var verdict =
                PeerVerifier.verify(
                        chain,
                        BundleSet.EMPTY.with(token.bundle()),
                        PeerVerifier.Usage.SERVER,
                        clock.instant());
        return verdict.trusted().equals(Optional.of(identity))
                        && chain.getFirst().getPublicKey().equals(key.getPublic())
                        && issued.hasServer()
                ? Optional.empty()
                : Optional.of(
                        "join: expected a certificate for '"
                                + identity
                                + "' and our key, and the log's name; found "
                                + verdict);
    }

    private Ticket added(Issued issued, String name) {
        return new Ticket(
                Membership.added(
                                Optional.of(UUID.fromString(issued.getServer().getGroup())),
                                name,
                                config.raftAddress())
                        .boundTo(config.bindHost()),
                true,
                issued.getServer().getMembersList());
    }

    /// Before anything is used up.
    private Optional<Seal> ownSeal() throws IOException {
        return config.sealKey().isInDataDir()
                ? Optional.empty()
                : Optional.of(config.sealKey().load(config.dataDir(), false));
    }

    /// What is to be kept in the data directory.
    private static Optional<byte[]> sealingKey(Optional<Seal> own, ServerEntry server) {
        if (own.isEmpty()) {
            if (server.getSealingKey().isEmpty()) {
                throw new StoreFailure(
                        "seal.key: expected where the datacenter's other servers have their key"
                                + " from; found it not set",
                        null);
            }
            return Optional.of(server.getSealingKey().toByteArray());
        }
        if (!MessageDigest.isEqual(
                own.get().digest(), server.getSealingKeyDigest().toByteArray())) {
            throw new StoreFailure(
                    "seal.key: expected the key that the datacenter's other servers have; found"
                            + " another",
                    null);
        }
        return Optional.empty();
    }

    private String newName() {
        var bytes = new byte[4];
        ThreadLocalRandom.current().nextBytes(bytes);
        return config.datacenter() + "-server-" + HexFormat.of().formatHex(bytes);
    }

    /// @param bought in an earlier life, and still of use. The others may be one too few to have a
    ///   leader for as long as this server is away: then that is what it opens its log with, after
    ///   each was asked once. Also where a token that has bought buys nothing any more.
    private Issued ask(JoinToken token, KeyPair key, SpiffeId identity, Optional<Issued> bought)
            throws InterruptedException {
        var request =
                JoinRequest.newBuilder()
                        .setJoinSecret(token.secret().value())
                        .setIdentityPath(identity.path())
                        .setCsr(ByteString.copyFrom(CertificateRequest.encode(key, identity)))
                        .build()
                        .toByteArray();
        var servers = config.retryJoin().isEmpty() ? token.servers() : config.retryJoin();
        while (true) {
            for (var server : servers.stream().flatMap(this::addresses).distinct().toList()) {
                var outcome =
                        StrangerCall.unary(
                                server.toString(),
                                token.serverName(),
                                token.bundle().roots(),
                                ProxyRpc.SERVICE,
                                ProxyRpc.JOIN,
                                request,
                                CALL_LIMIT);
                switch (outcome) {
                    case StrangerCall.Outcome.Answered(var message) -> {
                        return read(message);
                    }
                    case StrangerCall.Outcome.Refused(var sentence) -> {
                        if (bought.isEmpty()) {
                            throw new StoreFailure("join at '" + server + "': " + sentence, null);
                        }
                        waiting(server, sentence);
                    }
                    case StrangerCall.Outcome.Unanswered(var sentence) -> waiting(server, sentence);
                }
            }
            if (bought.isPresent()) {
                return bought.get();
            }
            Thread.sleep(PAUSE);
        }
    }

    /// A name may stand for all servers, of which one leads, some do not, and this one is perhaps
    /// the next: each is asked. Who they are may change while we wait.
    private Stream<Endpoint> addresses(Endpoint server) {
        try {
            return Arrays.stream(InetAddress.getAllByName(server.host()))
                    .limit(MAX_ADDRESSES)
                    .map(address -> new Endpoint(address.getHostAddress(), server.port()));
        } catch (UnknownHostException e) {
            waiting(server, "expected a name with an address; found none");
            return Stream.empty();
        }
    }

    /// @param isElsewhere whether this server's sealing key is not to be on its disk
    private static String note(Issued issued, boolean isElsewhere) {
        var kept = issued.toBuilder();
        if (isElsewhere) {
            kept.getServerBuilder().clearSealingKey();
        }
        return Base64.getEncoder().encodeToString(kept.build().toByteArray());
    }

    /// Damaged, it is asked for again.
    private static Optional<Issued> noted(String base64) {
        try {
            return Optional.of(Issued.parseFrom(Base64.getDecoder().decode(base64)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static Issued read(String base64) {
        try {
            return Issued.parseFrom(Base64.getDecoder().decode(base64));
        } catch (InvalidProtocolBufferException e) {
            throw new StoreFailure("join: the answer cannot be read", e);
        }
    }

    private void waiting(Endpoint server, String sentence) {
        events.accept(new PeeringEvent.JoinWaits(server.toString(), sentence));
    }

    /// Has the members add this server, whose log listens, and waits until it has their state. One
    /// that they have added already, in an earlier life, needs no word of theirs: it may be the one
    /// that makes them a majority, or lead.
    ///
    /// @throws InterruptedException when told to stop
    void complete(Ticket ticket, RaftStore store) throws IOException, InterruptedException {
        if (!ticket.joins()) {
            return;
        }
        var self = ticket.membership();
        var question =
                Question.encode(
                        new Question(
                                Question.ADD,
                                new String(
                                        Question.encode(
                                                new Question.Candidate(
                                                        self.self(),
                                                        self.listen().getHostString(),
                                                        self.listen().getPort())),
                                        StandardCharsets.UTF_8)));
        while (!store.takesPart() && !added(ticket, store, question)) {
            Thread.sleep(PAUSE);
        }
        while (store.now().ca().isEmpty()) {
            store.state().await(state -> state.ca().isPresent(), CALL_LIMIT);
        }
        MemberNotes.joined(config.dataDir());
    }

    private boolean added(Ticket ticket, RaftStore store, byte[] question) {
        for (var address : ticket.members()) {
            try {
                var answer =
                        Question.decode(
                                store.members().askAt(address, question, ADD_LIMIT),
                                Question.Answer.class);
                if (answer.status() == 200) {
                    return true;
                }
                events.accept(new PeeringEvent.JoinWaits(address, answer.body()));
            } catch (StoreFailure e) {
                events.accept(new PeeringEvent.JoinWaits(address, String.valueOf(e.getMessage())));
            }
        }
        return false;
    }

    /// Public, then private key: base64 of DER.
    private static String text(KeyPair key) {
        return Base64.getEncoder().encodeToString(key.getPublic().getEncoded())
                + "\n"
                + Base64.getEncoder().encodeToString(key.getPrivate().getEncoded());
    }

    private KeyPair key(String text) {
        var lines = text.lines().toList();
        try {
            if (lines.size() != 2) {
                throw new IllegalArgumentException("two lines");
            }
            var factory = KeyFactory.getInstance("EC");
            return new KeyPair(
                    factory.generatePublic(
                            new X509EncodedKeySpec(Base64.getDecoder().decode(lines.getFirst()))),
                    factory.generatePrivate(
                            new PKCS8EncodedKeySpec(Base64.getDecoder().decode(lines.getLast()))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // the message would show a part of what it could not read
            throw new StoreFailure(
                    "'"
                            + config.dataDir()
                            + "': expected the key that this server began to join with; found it"
                            + " damaged: join with an empty data directory and a new token",
                    null);
        }
    }
}
