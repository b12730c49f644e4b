package dev.hansa.gateway.sidecar;

import dev.hansa.failover.InboundPolicy;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Target;
import dev.hansa.gateway.discovery.ProxyCertificate;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.tls.PeerMemory;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSL;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;

/// The two ends of mutual TLS for one service, as of one certificate and one snapshot. A context is
/// made anew when the certificate or anything that it believes has changed, so nothing that was
/// believed before is believed by a context that outlived it; it stays when only health or
/// addresses have, which is nearly always: to make one costs milliseconds, and callers wait for it.
/// No session is resumed: a resumed one skips the certificate that it rests on.
public final class TlsEnds {
    private static final SslProvider PROVIDER =
            OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;

    private final ProxyCertificate certificate;
    private final RouteSnapshot snapshot;
    private final TlsVersion oldest;
    private final Clock clock;
    private final BundleSet callers;
    private final PeerMemory callersMemory;
    private final SslContext server;
    private final Map<Expected, SslContext> clients = new ConcurrentHashMap<>();

    /// As many as the snapshot has targets' trust domains.
    private final Map<BundleSet, PeerMemory> calleesMemories = new ConcurrentHashMap<>();

    /// What a client end checks, and by what; as many as the snapshot has targets.
    private record Expected(TrustDomain trustDomain, List<String> identities, BundleSet bundles) {}

    /// @param before the ends until now, whose contexts stay as far as nothing has changed for them
    /// @param oldest the oldest TLS that is spoken; as before
    /// @throws SSLException when the library does not take our own certificate
    public TlsEnds(
            Optional<TlsEnds> before,
            ProxyCertificate certificate,
            RouteSnapshot snapshot,
            TlsVersion oldest,
            Clock clock)
            throws SSLException {
        this.certificate = certificate;
        this.snapshot = snapshot;
        this.oldest = oldest;
        this.clock = clock;
        this.callers = callers(snapshot);
        this.callersMemory =
                before.filter(ends -> ends.callers.equals(callers))
                        .map(ends -> ends.callersMemory)
                        .orElseGet(() -> new PeerMemory(callers, PeerVerifier.Usage.CLIENT));
        var same = before.filter(ends -> ends.certificate.equals(certificate));
        var kept = same.filter(ends -> ends.callers.equals(callers));
        this.server =
                kept.isPresent()
                        ? kept.get().server
                        : made(
                                SslContextBuilder.forServer(certificate.key(), certificate.chain())
                                        .clientAuth(ClientAuth.REQUIRE)
                                        .trustManager(
                                                new Verifier(
                                                        callersMemory, Optional.empty(), clock)));
        before.ifPresent(ends -> keep(ends.calleesMemories, calleesMemories, this::bundles));
        same.ifPresent(ends -> keep(ends.clients, clients, this::expected));
    }

    private PeerMemory calleesMemory(BundleSet bundles) {
        return calleesMemories.computeIfAbsent(
                bundles, of -> new PeerMemory(of, PeerVerifier.Usage.SERVER));
    }

    /// What is still a target's, believed by the same roots.
    private <K, V> void keep(Map<K, V> before, Map<K, V> now, Function<Target, K> key) {
        for (var route : snapshot.routes()) {
            for (var target : route.targets()) {
                var own = key.apply(target);
                var known = before.get(own);
                if (known != null) {
                    now.put(own, known);
                }
            }
        }
    }

    private Expected expected(Target target) {
        return new Expected(target.trustDomain(), target.spiffeIds(), bundles(target));
    }

    private BundleSet bundles(Target target) {
        return snapshot.bundles()
                .of(target.trustDomain())
                .map(BundleSet.EMPTY::with)
                .orElse(BundleSet.EMPTY);
    }

    /// What is recorded today must stay closed to a quantum computer of later; who does not know
    /// the hybrid takes what Consul's Envoys offer.
    private SslContext made(SslContextBuilder builder) throws SSLException {
        builder.sslProvider(PROVIDER)
                .protocols(oldest.protocols())
                .ciphers(oldest.suites())
                .applicationProtocolConfig(alpn());
        if (PROVIDER == SslProvider.OPENSSL) {
            builder.option(
                    OpenSslContextOption.GROUPS,
                    new String[] {"X25519MLKEM768", "X25519", "P-256"});
        }
        var made = builder.build();
        if (made.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setSessionCacheEnabled(false);
        }
        return made;
    }

    private static ApplicationProtocolConfig alpn() {
        return new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                ApplicationProtocolNames.HTTP_2,
                ApplicationProtocolNames.HTTP_1_1);
    }

    /// Whom the service may be called by: its own trust domain and the peers that it is exported
    /// to.
    private static BundleSet callers(RouteSnapshot snapshot) {
        var bundles = new HashMap<>(snapshot.bundles().bundles());
        var peers = snapshot.inbound().map(InboundPolicy::peers).orElse(Map.of());
        bundles.keySet()
                .removeIf(domain ->
                        !domain.equals(snapshot.trustDomain()) && !peers.containsKey(domain));
        return new BundleSet(bundles);
    }

    /// The end of one connection that was opened by another.
    SSLEngine accepting(ByteBufAllocator buffers) {
        var engine = server.newEngine(buffers);
        if (engine instanceof ReferenceCountedOpenSslEngine boring) {
            // Netty's server contexts let the library hand out tickets, whatever else is set
            SSL.setOptions(boring.sslPointer(), SSL.SSL_OP_NO_TICKET);
        }
        return engine;
    }

    /// What [#accepting] makes its ends of.
    SslContext server() {
        return server;
    }

    public RouteSnapshot snapshot() {
        return snapshot;
    }

    /// Who has called; asked again after each handshake.
    public PeerVerifier.Verdict caller(List<X509Certificate> chain) {
        return callersMemory.verify(chain, clock.instant());
    }

    /// Why somebody who was let in may not stay.
    Optional<String> callerObjection(StandingTrust caller) {
        return objection(caller, callers);
    }

    /// Why somebody who was called may not be spoken to any longer.
    Optional<String> calleeObjection(StandingTrust callee) {
        return objection(callee, snapshot.bundles());
    }

    private Optional<String> objection(StandingTrust trust, BundleSet bundles) {
        return trust.objection(
                bundles.of(trust.identity().trustDomain()), certificate.life(), clock.instant());
    }

    /// The end that opens TLS to a target: it believes the target's bundle alone, and one of its
    /// identities alone.
    ///
    /// @throws SSLException when the library does not take our own certificate
    public SslContext client(Target target) throws SSLException {
        var expected = expected(target);
        var known = clients.get(expected);
        if (known != null) {
            return known;
        }
        var made =
                made(
                        SslContextBuilder.forClient()
                                .keyManager(certificate.key(), certificate.chain())
                                .trustManager(
                                        new Verifier(
                                                calleesMemory(expected.bundles()),
                                                Optional.of(expected.identities()),
                                                clock))
                                // identities are SPIFFE IDs, checked below; host names have no
                                // meaning here
                                .endpointIdentificationAlgorithm(null));
        clients.put(expected, made);
        return made;
    }

    /// Is this chain the target's; asked again after each handshake.
    public PeerVerifier.Verdict server(Target target, List<X509Certificate> chain) {
        return verdict(
                chain,
                calleesMemory(bundles(target)),
                Optional.of(target.spiffeIds()),
                clock.instant());
    }

    private static PeerVerifier.Verdict verdict(
            List<X509Certificate> chain,
            PeerMemory memory,
            Optional<List<String>> identities,
            Instant now) {
        var verdict = memory.verify(chain, now);
        if (identities.isPresent()
                && verdict instanceof PeerVerifier.Trusted(SpiffeId id, _)
                && !identities.get().contains(id.uri())) {
            return new PeerVerifier.Rejected(
                    PeerVerifier.Reason.WRONG_IDENTITY,
                    "expected one of " + identities.get() + "; found '" + id + "'");
        }
        return verdict;
    }

    /// Of a context, which may outlive the ends that made it.
    private static final class Verifier extends X509ExtendedTrustManager {
        private final PeerMemory memory;
        private final Optional<List<String>> identities;
        private final Clock clock;

        /// @param identities one of which it has to be; empty: any that the bundles speak for
        Verifier(PeerMemory memory, Optional<List<String>> identities, Clock clock) {
            this.memory = memory;
            this.identities = identities;
            this.clock = clock;
        }

        private void check(X509Certificate[] chain) throws CertificateException {
            if (verdict(List.of(chain), memory, identities, clock.instant())
                    instanceof PeerVerifier.Rejected(_, var sentence)) {
                throw new CertificateException(sentence);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
