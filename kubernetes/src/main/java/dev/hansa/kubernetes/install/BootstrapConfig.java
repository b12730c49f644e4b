package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.api.ApiAccess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Settings of `hansa kubernetes bootstrap`.
///
/// @param server the HTTP API
/// @param caFile of servers elsewhere; empty: the certificates are made here
/// @param tokenFile a management token of servers elsewhere; empty: it is made here
/// @param prefix how the names of Secrets and accounts begin
/// @param certificate what the HTTP API's certificate is good for
/// @param method the auth method by which pods log in
/// @param issuer of service accounts' tokens; empty: as the API server says
/// @param keysFile its key set; empty: as the API server says
/// @param keysUrl where servers fetch it by themselves; empty: it is written into the method
/// @param selector which pods get the identity of their service account, of `value.namespace` and
///   `value.account`
/// @param waitLimit how long the servers are waited for
public record BootstrapConfig(
        URI server,
        Optional<Path> caFile,
        Optional<Path> tokenFile,
        String namespace,
        String prefix,
        Certificate certificate,
        String method,
        String audience,
        Optional<String> issuer,
        Optional<Path> keysFile,
        Optional<URI> keysUrl,
        String selector,
        Duration waitLimit) {

    /// @param life of a certificate; a new one is made when a third of it is left
    public record Certificate(List<String> dnsNames, List<String> addresses, Duration life) {
        public Certificate {
            dnsNames = List.copyOf(dnsNames);
            addresses = List.copyOf(addresses);
        }
    }

    static final Settings.Key HTTP_ADDR =
            new Settings.Key("http-addr", "URL", "the servers' HTTP API (default: 127.0.0.1:8500)");
    static final Settings.Key NAMESPACE =
            new Settings.Key("namespace", "NAME", "of Secrets and ConfigMaps (default: hansa)");
    static final Settings.Key METHOD =
            new Settings.Key(
                    "auth-method",
                    "NAME",
                    "by which service accounts log in (default: kubernetes)");
    static final Settings.Key WAIT_LIMIT =
            new Settings.Key(
                    "wait-limit",
                    "DURATION",
                    "how long what is not there yet is waited for (default: 10m)");

    private static final String KEYS_URL = "service-accounts.keys-url";

    /// A name of an object, with room for what is put behind a prefix.
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private static final Pattern METHOD_NAME = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    /// A certificate has room for more; whoever needs them brings his own.
    private static final int MOST_NAMES = 64;

    public static final List<Settings.Key> KEYS =
            List.of(
                    HTTP_ADDR,
                    new Settings.Key(
                            "cacert",
                            "FILE",
                            "certificates of servers elsewhere, PEM (default: an authority is made and kept in a Secret)"),
                    new Settings.Key(
                            "token-file",
                            "FILE",
                            "management token of servers elsewhere (default: the first token is made and kept in a Secret)"),
                    NAMESPACE,
                    new Settings.Key(
                            "prefix",
                            "NAME",
                            "how the names of Secrets and of the servers', gateways' and operator's accounts begin (default: hansa)"),
                    new Settings.Key(
                            "certificate.dns-names",
                            "A,B",
                            "what the HTTP API's certificate is good for (default: localhost)"),
                    new Settings.Key(
                            "certificate.addresses",
                            "A,B",
                            "the same, IP addresses (default: 127.0.0.1,::1)"),
                    new Settings.Key(
                            "certificate.life",
                            "DURATION",
                            "of that certificate; a new one is made when a third is left (default: 365d)"),
                    METHOD,
                    new Settings.Key(
                            "audience", "NAME", "for whom pods' tokens are made (default: hansa)"),
                    new Settings.Key(
                            "service-accounts.issuer",
                            "URL",
                            "who signs pods' tokens (default: as the API server says)"),
                    new Settings.Key(
                            "service-accounts.keys-file",
                            "FILE",
                            "the issuer's key set (default: as the API server says)"),
                    new Settings.Key(
                            KEYS_URL,
                            "URL",
                            "where servers fetch the issuer's key set by themselves, without a credential, as soon as a token names a key that they do not know (default: the set is written into the auth method)"),
                    new Settings.Key(
                            "services.selector",
                            "FILTER",
                            "which pods get the identity of their service account (default: value.account != default)"),
                    WAIT_LIMIT);

    /// @throws InvalidConfigException with everything that is wrong
    public static BootstrapConfig read(Settings settings) throws InvalidConfigException {
        var caFile = settings.optionalPath("cacert");
        var tokenFile = settings.optionalPath("token-file");
        var config =
                new BootstrapConfig(
                        server(settings),
                        caFile,
                        tokenFile,
                        name(settings, NAMESPACE.name(), "hansa"),
                        name(settings, "prefix", "hansa"),
                        new Certificate(
                                list(settings, "certificate.dns-names", "localhost"),
                                list(settings, "certificate.addresses", "127.0.0.1,::1"),
                                settings.duration("certificate.life", Duration.ofDays(365))),
                        method(settings),
                        settings.text("audience", "hansa"),
                        settings.optional(
                                "service-accounts.issuer", "an issuer's name", String::strip),
                        settings.optionalPath("service-accounts.keys-file"),
                        published(settings),
                        settings.text("services.selector", "value.account != default"),
                        settings.duration(WAIT_LIMIT.name(), Duration.ofMinutes(10)));
        if (caFile.isPresent() != tokenFile.isPresent()) {
            settings.problem(
                    "token-file",
                    "expected together with cacert, for servers elsewhere; found only one of them");
        }
        if (config.keysFile().isPresent() && config.keysUrl().isPresent()) {
            settings.problem(
                    KEYS_URL, "expected it or service-accounts.keys-file; found both of them");
        }
        settings.finish();
        return config;
    }

    /// As servers take one.
    private static Optional<URI> published(Settings settings) {
        var text = settings.optional(KEYS_URL, "a URL", String::strip);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            var url = URI.create(text.get());
            if ("https".equals(url.getScheme())
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null) {
                return Optional.of(url);
            }
        } catch (IllegalArgumentException _) {
            // said below
        }
        settings.problem(
                KEYS_URL,
                "expected https://HOST/PATH, without a user and a fragment; found '"
                        + withoutUser(text.get())
                        + "'");
        return Optional.empty();
    }

    /// What stands before an '@' may be a password.
    private static String withoutUser(String text) {
        return ForeignText.shown(text.replaceFirst(".*@", "...@"));
    }

    static URI server(Settings settings) {
        var text = settings.text(HTTP_ADDR.name(), "127.0.0.1:8500");
        try {
            return ApiAccess.parse(text);
        } catch (IllegalArgumentException _) {
            settings.problem(
                    HTTP_ADDR.name(),
                    "expected host:port or a URL such as https://hansa-server.hansa.svc:8501, with no user in it; found '"
                            + withoutUser(text)
                            + "'");
            return ApiAccess.parse("127.0.0.1:8500");
        }
    }

    static String name(Settings settings, String key, String fallback) {
        return settings.value(
                key,
                "1 to 63 lower-case letters, digits or '-'",
                fallback,
                text -> {
                    if (!NAME.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                });
    }

    static String method(Settings settings) {
        return settings.value(
                METHOD.name(),
                "letters, digits, '-' and '_'",
                "kubernetes",
                text -> {
                    if (!METHOD_NAME.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                });
    }

    private static List<String> list(Settings settings, String key, String fallback) {
        return settings.value(
                key,
                "at most " + MOST_NAMES + " names, separated by commas",
                items(fallback),
                text -> {
                    var items = items(text);
                    if (items.size() > MOST_NAMES) {
                        throw new IllegalArgumentException(text);
                    }
                    return items;
                });
    }

    private static List<String> items(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }
}
