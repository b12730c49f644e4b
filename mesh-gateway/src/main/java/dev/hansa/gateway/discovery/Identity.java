package dev.hansa.gateway.discovery;

import com.google.protobuf.ByteString;
import dev.hansa.bootstrap.Latest;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.RenewRequest;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// One proxy identity's certificate: joined once, renewed from one third of its life, so that about
/// two thirds are always left when the server goes away. Runs on a virtual thread of its own.
public final class Identity implements AutoCloseable {
    /// What a server that is well needs, many times over.
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);

    /// A server that is asked by hundreds at once answers late: who asks again before it can, adds
    /// to its work and never gets an answer. The fourth attempt and those after it wait for this.
    private static final Duration LONGEST_CALL_TIMEOUT = Duration.ofSeconds(40);

    /// When the issuer changes, all proxies of a datacenter hear it at once. Spread over this part
    /// of a certificate's life, 10 s of 72 h, a thousand of them are a hundred signatures a second.
    private static final int REISSUE_SPREAD_PART = 25_920;

    private final SpiffeId id;
    private final ControlChannel control;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final Optional<CertificateFile> file;
    private final Latest<Optional<ProxyCertificate>> certificate;
    private final Latest<String> activeIssuer = new Latest<>("");
    private final Thread thread;
    private String lastIssuer = "";

    /// A join secret is good for one key: an answer that was lost is asked for again with the same.
    private @Nullable KeyPair joinKey;

    /// Does nothing before it is started.
    ///
    /// @param disk where key and certificate are kept; empty: nowhere, and a restart needs a new
    ///   join token
    public Identity(
            SpiffeId id,
            ControlChannel control,
            Optional<ProxyDisk> disk,
            Clock clock,
            Consumer<GatewayEvent> events) {
        this.id = id;
        this.control = control;
        this.clock = clock;
        this.events = events;
        this.file = disk.map(own -> new CertificateFile(own, id.path()));
        this.certificate = new Latest<>(Optional.empty());
        this.thread = Thread.ofVirtual().name("identity-" + id.path()).unstarted(this::run);
    }

    /// Reads what is on the disk, and asks the server for what is not. Once.
    ///
    /// @return this
    public Identity start() {
        certificate.set(remembered());
        thread.start();
        return this;
    }

    /// What an earlier life of this proxy left, if it is still good for us.
    private Optional<ProxyCertificate> remembered() {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            var found = file.get().load();
            if (found.isEmpty() || !found.get().notAfter().isAfter(clock.instant())) {
                return Optional.empty();
            }
            if (found.get().names(id)) {
                events.accept(new GatewayEvent.CertificateTaken(id.uri(), found.get().notAfter()));
                return found;
            }
            events.accept(
                    new GatewayEvent.CertificateFailed(
                            id.uri(), "on disk: expected one of ours; found another's"));
        } catch (IOException e) {
            events.accept(
                    new GatewayEvent.CertificateFailed(id.uri(), String.valueOf(e.getMessage())));
        }
        return Optional.empty();
    }

    public SpiffeId id() {
        return id;
    }

    /// Empty until the server has answered for the first time.
    public Latest<Optional<ProxyCertificate>> certificate() {
        return certificate;
    }

    /// The server has said who signs now. A certificate of another issuer is renewed soon.
    void issuerIs(String issuer) {
        activeIssuer.set(issuer);
    }

    private void run() {
        var backoff = new Backoff();
        var attempt = 0;
        var timeout = CALL_TIMEOUT;
        try {
            while (true) {
                awaitRenewal();
                var issuer = activeIssuer.get();
                try {
                    take(attempt++, timeout);
                    lastIssuer = issuer;
                    backoff.reset();
                    timeout = CALL_TIMEOUT;
                } catch (StatusRuntimeException e) {
                    events.accept(new GatewayEvent.CertificateFailed(id.uri(), reason(e)));
                    if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
                        timeout = longer(timeout);
                    }
                    backoff.pause(control.servers());
                } catch (SSLException | IllegalArgumentException e) {
                    events.accept(
                            new GatewayEvent.CertificateFailed(
                                    id.uri(), String.valueOf(e.getMessage())));
                    backoff.pause(control.servers());
                } catch (RuntimeException | Error e) {
                    // a defect: without another attempt the certificate would end in silence
                    events.accept(
                            new GatewayEvent.CertificateFailed(
                                    id.uri(), "expected to renew it; found " + e));
                    backoff.pause(control.servers());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitRenewal() throws InterruptedException {
        var pause = untilRenewal();
        if (pause.isNegative() || pause.isZero()) {
            return;
        }
        if (isOutdatedBy(activeIssuer.await(this::isOutdatedBy, pause))) {
            Thread.sleep(ThreadLocalRandom.current().nextLong(1 + life() / REISSUE_SPREAD_PART));
        }
    }

    /// In milliseconds.
    private long life() {
        return certificate
                .get()
                .map(own -> Duration.between(own.taken(), own.notAfter()).toMillis())
                .orElse(0L);
    }

    /// Asked for once for each issuer: a server that says one thing and signs with another is not
    /// asked again and again.
    private boolean isOutdatedBy(String issuer) {
        return !issuer.isEmpty()
                && !issuer.equals(lastIssuer)
                && certificate.get().filter(own -> !own.issuer().equals(issuer)).isPresent();
    }

    static String reason(StatusRuntimeException failure) {
        var status = failure.getStatus();
        var cause = status.getCause();
        return status.getCode()
                + (status.getDescription() == null ? "" : ": " + status.getDescription())
                + (cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage());
    }

    /// One third of the life after the certificate was taken, spread over a tenth of the life.
    private Duration untilRenewal() {
        var present = certificate.get();
        if (present.isEmpty()) {
            return Duration.ZERO;
        }
        var life = Duration.between(present.get().taken(), present.get().notAfter());
        var spread = life.toMillis() / 10;
        var at =
                present.get()
                        .taken()
                        .plus(life.dividedBy(3))
                        .plusMillis(spread <= 0 ? 0 : ThreadLocalRandom.current().nextLong(spread));
        return Duration.between(clock.instant(), at);
    }

    private static Duration longer(Duration timeout) {
        var twice = timeout.multipliedBy(2);
        return twice.compareTo(LONGEST_CALL_TIMEOUT) > 0 ? LONGEST_CALL_TIMEOUT : twice;
    }

    private void take(int attempt, Duration timeout) throws SSLException {
        var present = certificate.get().filter(own -> own.notAfter().isAfter(clock.instant()));
        var key = present.isPresent() ? CertificateRequest.newKey() : joinKey();
        var csr = ByteString.copyFrom(CertificateRequest.encode(key, id));
        var channel = control.open(control.server(attempt), present);
        try {
            var options =
                    CallOptions.DEFAULT.withDeadlineAfter(
                            timeout.toMillis(), TimeUnit.MILLISECONDS);
            var issued =
                    present.isPresent()
                            ? renew(channel, options, csr)
                            : join(channel, options, csr);
            accept(key, issued);
        } finally {
            channel.shutdownNow();
        }
    }

    private KeyPair joinKey() {
        var key = joinKey == null ? CertificateRequest.newKey() : joinKey;
        joinKey = key;
        return key;
    }

    private Issued join(ManagedChannel channel, CallOptions options, ByteString csr) {
        return ClientCalls.blockingUnaryCall(
                channel,
                ControlChannel.JOIN,
                options,
                JoinRequest.newBuilder()
                        .setJoinSecret(control.token().secret().value())
                        .setIdentityPath(id.path())
                        .setCsr(csr)
                        .build());
    }

    private static Issued renew(ManagedChannel channel, CallOptions options, ByteString csr) {
        return ClientCalls.blockingUnaryCall(
                channel,
                ControlChannel.RENEW,
                options,
                RenewRequest.newBuilder().setCsr(csr).build());
    }

    private void accept(KeyPair key, Issued issued) {
        var chain = issued.getChainList().stream().map(RouteCodec::certificate).toList();
        var verdict =
                PeerVerifier.verify(
                        chain,
                        BundleSet.EMPTY.with(control.bundle()),
                        PeerVerifier.Usage.SERVER,
                        clock.instant());
        if (!verdict.trusted().equals(Optional.of(id))
                || !chain.getFirst().getPublicKey().equals(key.getPublic())) {
            throw new IllegalArgumentException(
                    "certificate: expected one for '" + id + "' and our key; found " + verdict);
        }
        var taken = new ProxyCertificate(key.getPrivate(), chain, clock.instant());
        events.accept(new GatewayEvent.CertificateTaken(id.uri(), taken.notAfter()));
        if (file.isPresent()) {
            try {
                file.get().save(taken);
            } catch (IOException e) {
                // it is good all the same; only a restart would need a new join token
                events.accept(new GatewayEvent.BackgroundFailure("saving the certificate", e));
            }
        }
        certificate.set(Optional.of(taken));
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        // returns at once for one that was never started
        thread.join();
    }
}
