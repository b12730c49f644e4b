package dev.hansa.peering.config;

import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.acl.AccessSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Who is let in at the HTTP API, and how what is said there is kept secret.
///
/// @param tls empty: plain HTTP
/// @param firstToken a file with the secret of the first token
public record ApiDoorSettings(
        AccessSettings access, Optional<HttpTlsFiles> tls, Optional<Path> firstToken) {
    private static final String ENABLED = "acl.enabled";
    private static final String DEFAULT_POLICY = "acl.default-policy";
    private static final String FIRST_TOKEN = "acl.initial-management-token-file";
    private static final String CERTIFICATE = "http.certificate";
    private static final String KEY = "http.key";
    private static final String OPEN = "http.open-to-everyone-on-the-network";

    static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            ENABLED,
                            "true|false",
                            "whether callers of the HTTP API need tokens (default: false)"),
                    new Settings.Key(
                            DEFAULT_POLICY,
                            "deny|allow",
                            "what a caller may do, with a token or without, where no rule speaks (default: deny)"),
                    new Settings.Key(
                            FIRST_TOKEN,
                            "FILE",
                            "secret of the first token, a UUID; it may do everything (default: made by hansa acl bootstrap)"),
                    new Settings.Key(
                            CERTIFICATE,
                            "FILE",
                            "PEM of the HTTP API's certificate chain, for HTTPS; read again when it changes"),
                    new Settings.Key(
                            KEY, "FILE", "PEM of that certificate's private key, not encrypted"),
                    new Settings.Key(
                            OPEN,
                            "true|false",
                            "listen elsewhere than on loopback without TLS, without tokens, or with what they lack allowed by default: whoever reaches the port may do everything, or nearly (default: false)"));

    /// @param http where the API listens; null when that could not be read
    static ApiDoorSettings read(Settings settings, @Nullable InetSocketAddress http) {
        var enabled = settings.flag(ENABLED, false);
        var policy = settings.text(DEFAULT_POLICY, "deny");
        if (!List.of("deny", "allow").contains(policy)) {
            settings.problem(DEFAULT_POLICY, "expected 'deny' or 'allow'; found '" + policy + "'");
        }
        var firstToken = settings.optionalPath(FIRST_TOKEN);
        if (firstToken.isPresent() && !enabled) {
            settings.problem(
                    FIRST_TOKEN, "expected together with " + ENABLED + " = true; found it alone");
        }
        var certificate = settings.optionalPath(CERTIFICATE);
        var key = settings.optionalPath(KEY);
        if (certificate.isPresent() != key.isPresent()) {
            settings.problem(
                    CERTIFICATE, "expected together with " + KEY + "; found only one of them");
        }
        var tls =
                certificate.isPresent() && key.isPresent()
                        ? Optional.of(new HttpTlsFiles(certificate.get(), key.get()))
                        : Optional.<HttpTlsFiles>empty();
        var open = settings.flag(OPEN, false);
        var isForStrangers = http != null && !PeeringServiceConfig.isLoopback(http) && !open;
        if (isForStrangers && enabled && policy.equals("allow")) {
            settings.problem(
                    DEFAULT_POLICY,
                    "expected 'deny' where http.address is no loopback address, since whoever reaches the API needs no token for nearly everything otherwise; found 'allow' ("
                            + OPEN
                            + " = true takes that risk)");
        }
        if (http != null && isForStrangers && !(enabled && tls.isPresent())) {
            settings.problem(
                    "http.address",
                    "expected a loopback address, or "
                            + ENABLED
                            + " = true with "
                            + CERTIFICATE
                            + " and "
                            + KEY
                            + ", since whoever reaches the API may do everything; found '"
                            + http.getHostString()
                            + "' ("
                            + OPEN
                            + " = true takes that risk)");
        }
        return new ApiDoorSettings(
                new AccessSettings(enabled, policy.equals("allow")), tls, firstToken);
    }
}
