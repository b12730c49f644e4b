package dev.hansa.trustbundle.tls;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.tls.PeerVerifier.Trusted;
import dev.hansa.trustbundle.tls.PeerVerifier.Usage;
import dev.hansa.trustbundle.tls.PeerVerifier.Verdict;
import java.nio.ByteBuffer;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// Says what [PeerVerifier] says, and does not compute it anew for a chain that it has just
/// believed. A verdict depends on the bytes of the chain, on the bundles, on the usage and on the
/// time. A memory is of one set of bundles and one usage for good: other roots, or one trust domain
/// less, are another memory, which is empty. In it a verdict is found by all bytes of the whole
/// chain, and holds from when it was computed until the first certificate of the chain or root of
/// its trust domain ends, [#LONGEST] at most; at any other time it is computed anew.
///
/// A verdict is about a chain and not about who shows it: TLS asks for it before it has seen that
/// the other end has the leaf's key, and sees to that for each connection. Who is not believed is
/// not remembered. Thread-safe.
public final class PeerMemory {
    /// Chains that are remembered; one more, and it begins anew. A service that more callers than
    /// these take turns in calling is verified as if nothing were remembered.
    static final int MOST = 256;

    /// Of a chain that is remembered. Three certificates with RSA keys of 4096 bits take 5 KiB; TLS
    /// lets in ten times as much, and a peer's authority can sign what it likes. So a memory holds
    /// 2 MiB of certificates at the very most, and a few hundred KiB of honest ones.
    static final int LONGEST_CHAIN = 8 << 10;

    /// What a verdict may depend on besides, such as a date from which the JDK does not take an
    /// algorithm any more, is seen so soon.
    static final Duration LONGEST = Duration.ofMinutes(10);

    private final BundleSet bundles;
    private final Usage usage;
    private final Map<List<ByteBuffer>, Remembered> believed = new ConcurrentHashMap<>();

    private record Remembered(Trusted verdict, Instant from, Instant until) {
        boolean holdsAt(Instant now) {
            return !now.isBefore(from) && !now.isAfter(until);
        }
    }

    /// @param bundles whom to believe; each bundle for its own trust domain only
    /// @param usage in which role the other end must be allowed to act
    public PeerMemory(BundleSet bundles, Usage usage) {
        this.bundles = bundles;
        this.usage = usage;
    }

    /// @param chain as presented, leaf first
    public Verdict verify(List<X509Certificate> chain, Instant now) {
        var key = key(chain);
        var known = key.map(believed::get);
        if (known.isPresent() && known.get().holdsAt(now)) {
            return known.get().verdict();
        }
        var verdict = PeerVerifier.verify(chain, bundles, usage, now);
        if (verdict instanceof Trusted trusted) {
            key.ifPresent(bytes -> remember(bytes, chain, trusted, now));
        }
        return verdict;
    }

    private void remember(
            List<ByteBuffer> key, List<X509Certificate> chain, Trusted trusted, Instant now) {
        var until =
                Stream.concat(chain.stream(), roots(trusted, now))
                        .map(certificate -> certificate.getNotAfter().toInstant())
                        .reduce(now.plus(LONGEST), PeerMemory::earlier);
        if (believed.size() >= MOST) {
            believed.clear();
        }
        believed.put(key, new Remembered(trusted, now, until));
    }

    /// By which it may have been believed.
    private Stream<X509Certificate> roots(Trusted trusted, Instant now) {
        return bundles.of(trusted.identity().trustDomain()).stream()
                .flatMap(bundle -> PeerVerifier.rootsAt(bundle, now).stream());
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }

    /// Empty for a chain that is not remembered, whoever signed it.
    private static Optional<List<ByteBuffer>> key(List<X509Certificate> chain) {
        if (chain.size() > PeerVerifier.MAX_CHAIN) {
            return Optional.empty();
        }
        try {
            var key = new ArrayList<ByteBuffer>(chain.size());
            var length = 0;
            for (var certificate : chain) {
                var bytes = certificate.getEncoded();
                length += bytes.length;
                key.add(ByteBuffer.wrap(bytes));
            }
            return length > LONGEST_CHAIN ? Optional.empty() : Optional.of(key);
        } catch (CertificateEncodingException e) {
            return Optional.empty();
        }
    }

    /// How many chains are remembered.
    int size() {
        return believed.size();
    }
}
