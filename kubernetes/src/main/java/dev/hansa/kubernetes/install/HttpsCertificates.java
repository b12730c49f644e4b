package dev.hansa.kubernetes.install;

import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CaPem;
import dev.hansa.trustbundle.ca.HttpsAuthority;
import io.fabric8.kubernetes.api.model.Secret;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// The authority and the certificate of the servers' HTTP API, in Secrets: made once, the
/// certificate made anew before it ends or when it is to be good for other names.
final class HttpsCertificates {
    /// Whoever trusts it has it in files and key stores.
    private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);

    private static final String CERTIFICATE = "tls.crt";
    private static final String KEY = "tls.key";
    private static final String TLS = "kubernetes.io/tls";

    /// Of a common name in X.509.
    private static final int LONGEST_NAME = 64;

    private final Keeping keeping;
    private final BootstrapConfig config;
    private final Clock clock;
    private final Consumer<String> says;

    HttpsCertificates(Keeping keeping, BootstrapConfig config, Clock clock, Consumer<String> says) {
        this.keeping = keeping;
        this.config = config;
        this.clock = clock;
        this.says = says;
    }

    static String authoritySecret(String prefix) {
        return prefix + "-ca-key";
    }

    static String certificateSecret(String prefix) {
        return prefix + "-server-cert";
    }

    static String authorityMap(String prefix) {
        return prefix + "-ca-cert";
    }

    /// @return the authority's certificate, PEM
    String ensure() {
        var authority = authority();
        var pem = TrustBundle.pem(authority.certificate());
        var found = keeping.secret(certificateSecret(config.prefix()));
        var door = found.filter(secret -> isGood(secret, authority));
        if (door.isEmpty()) {
            var made =
                    authority.issue(
                            short64(config.prefix() + "-server"),
                            config.certificate().dnsNames(),
                            config.certificate().addresses(),
                            clock.instant(),
                            config.certificate().life());
            var values =
                    Map.of(
                            CERTIFICATE,
                            TrustBundle.pem(made.certificate()),
                            KEY,
                            made.key().value(),
                            "ca.crt",
                            pem);
            if (found.isPresent()) {
                keeping.replace(found.get(), values);
            } else {
                keeping.made(certificateSecret(config.prefix()), TLS, values);
            }
            says.accept(
                    "certificate of the HTTP API "
                            + (found.isPresent() ? "made anew" : "made")
                            + ", good until "
                            + made.certificate().getNotAfter().toInstant());
        }
        var now =
                HttpsAuthority.certificate(
                        Keeping.value(
                                keeping.secret(certificateSecret(config.prefix())).orElseThrow(),
                                CERTIFICATE));
        keeping.keep(
                authorityMap(config.prefix()),
                Map.of(
                        "ca.crt",
                        pem,
                        "fingerprint",
                        TrustBundle.fingerprint(now),
                        "not-after",
                        now.getNotAfter().toInstant().toString()));
        return pem;
    }

    private HttpsAuthority authority() {
        var name = authoritySecret(config.prefix());
        var secret =
                keeping.secret(name)
                        .orElseGet(() -> {
                            var made =
                                    HttpsAuthority.create(
                                            short64(config.prefix() + " HTTP API"),
                                            clock.instant(),
                                            AUTHORITY_LIFE);
                            return keeping.made(
                                    name,
                                    TLS,
                                    Map.of(
                                            CERTIFICATE,
                                            TrustBundle.pem(made.certificate()),
                                            KEY,
                                            CaPem.pem(made.key().getPrivate()).value()));
                        });
        return HttpsAuthority.read(
                Keeping.value(secret, CERTIFICATE),
                new dev.hansa.bootstrap.Secret(Keeping.value(secret, KEY)));
    }

    private boolean isGood(Secret secret, HttpsAuthority authority) {
        var certificate = HttpsAuthority.certificate(Keeping.value(secret, CERTIFICATE));
        try {
            certificate.verify(authority.certificate().getPublicKey());
        } catch (GeneralSecurityException _) {
            return false;
        }
        var left = Duration.between(clock.instant(), certificate.getNotAfter().toInstant());
        var wanted = new TreeSet<>(config.certificate().dnsNames());
        wanted.addAll(config.certificate().addresses().stream().map(this::written).toList());
        return left.compareTo(config.certificate().life().dividedBy(3)) > 0
                && names(certificate).equals(wanted);
    }

    /// As a certificate shows it: `0:0:0:0:0:0:0:1`.
    private String written(String address) {
        try {
            return java.net.InetAddress.ofLiteral(address).getHostAddress();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "certificate.addresses: expected IP addresses; found '" + address + "'", e);
        }
    }

    private static Set<String> names(X509Certificate certificate) {
        try {
            var names = certificate.getSubjectAlternativeNames();
            Collection<List<?>> all = names == null ? List.of() : names;
            return all.stream()
                    .map(entry -> Objects.toString(entry.get(1)))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (CertificateParsingException _) {
            return new TreeSet<>();
        }
    }

    private static String short64(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    }
}
