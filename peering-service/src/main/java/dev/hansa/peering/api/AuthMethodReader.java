package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.login.AuthMethodConfig;
import dev.hansa.peering.login.AuthMethodConfig.Keys;
import dev.hansa.peering.login.ClaimMappings;
import dev.hansa.peering.login.KeyPlace;
import dev.hansa.peering.store.AuthMethodRecord;
import dev.hansa.token.login.InvalidKeysException;
import dev.hansa.token.login.LoginAlgorithm;
import dev.hansa.token.login.LoginKeys;
import dev.hansa.token.login.LoginTerms;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Reads the `Config` of an auth method, under the names that it has at Consul.
final class AuthMethodReader {
    private static final String PINNED = "JWTValidationPubKeys";

    /// Ours: the set itself, for an issuer that cannot be reached from here.
    private static final String KEY_SET = "JWKS";

    private static final String URL = "JWKSURL";
    private static final String CA = "JWKSCACert";
    private static final String DISCOVERY = "OIDCDiscoveryURL";

    private static final List<String> FIELDS =
            List.of(
                    PINNED,
                    KEY_SET,
                    URL,
                    CA,
                    DISCOVERY,
                    "OIDCDiscoveryCACert",
                    "BoundIssuer",
                    "BoundAudiences",
                    "JWTSupportedAlgs",
                    "ClaimMappings",
                    "ListClaimMappings",
                    "ClockSkewLeeway",
                    "ExpirationLeeway",
                    "NotBeforeLeeway");

    /// Names, URLs; what is longer is no issuer's.
    private static final int MAX_TEXT = 512;

    private static final int MAX_TEXTS = 64;

    /// Of an issuer with its certificates some dozens of KiB; each method's is in the memory of
    /// each server, and there are 256.
    private static final int MAX_CONFIG = 128 * 1024;

    /// Of CAs that may certify one server.
    private static final int MAX_CA = 64 * 1024;

    /// Consul's.
    private static final Duration SKEW = Duration.ofMinutes(1);

    /// A token that ended an hour ago has ended.
    private static final Duration LONGEST_LEEWAY = Duration.ofHours(1);

    private AuthMethodReader() {}

    /// What is stored.
    static AuthMethodConfig config(AuthMethodRecord method) throws RefusedRequestException {
        return config(JsonFields.read(method.config(), "Config"));
    }

    /// @throws RefusedRequestException naming what is not as it must be
    static AuthMethodConfig config(JsonFields config) throws RefusedRequestException {
        config.only(FIELDS);
        var mappings =
                new ClaimMappings(config.map("ClaimMappings"), config.map("ListClaimMappings"));
        var fault = mappings.fault();
        if (fault.isPresent()) {
            throw invalid(fault.get());
        }
        if (kept(config).toString().length() > MAX_CONFIG) {
            throw invalid(
                    "Config: expected at most " + MAX_CONFIG + " characters of JSON; found more");
        }
        var terms = terms(config);
        var keys = keys(config);
        if (keys instanceof Keys.Pinned(var pinned) && !pinned.fit(terms.algorithms())) {
            throw invalid(
                    "JWTSupportedAlgs: expected one by which a pinned key can sign; found "
                            + terms.algorithms().stream().sorted().toList()
                            + (config.has("JWTSupportedAlgs")
                                    ? ""
                                    : ", which are meant without it"));
        }
        return new AuthMethodConfig(terms, keys, mappings);
    }

    static RefusedRequestException invalid(String sentence) {
        return bad("Invalid Auth Method: " + sentence);
    }

    /// As it is kept and shown: the fields that were given, each under its own name.
    static ObjectNode kept(JsonFields config) {
        var kept = JsonNodeFactory.instance.objectNode();
        for (var name : FIELDS) {
            config.field(name).ifPresent(value -> kept.set(name, value));
        }
        return kept;
    }

    private static LoginTerms terms(JsonFields config) throws RefusedRequestException {
        var issuer = few("BoundIssuer", List.of(config.text("BoundIssuer"))).getFirst();
        var audiences = few("BoundAudiences", config.texts("BoundAudiences"));
        if (issuer.isEmpty() && audiences.isEmpty()) {
            throw invalid(
                    "Config: expected BoundIssuer or BoundAudiences, else a token that was made for anybody logs in; found neither");
        }
        var skew = leeway(config, "ClockSkewLeeway", SKEW);
        return new LoginTerms(
                Optional.of(issuer).filter(name -> !name.isEmpty()),
                audiences,
                algorithms(config),
                longer(skew, leeway(config, "ExpirationLeeway", skew)),
                longer(skew, leeway(config, "NotBeforeLeeway", skew)));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static List<String> few(String field, List<String> texts)
            throws RefusedRequestException {
        if (texts.size() > MAX_TEXTS || texts.stream().anyMatch(one -> one.length() > MAX_TEXT)) {
            throw invalid(
                    field
                            + ": expected at most "
                            + MAX_TEXTS
                            + " of at most "
                            + MAX_TEXT
                            + " characters; found more");
        }
        return texts;
    }

    private static Set<LoginAlgorithm> algorithms(JsonFields config)
            throws RefusedRequestException {
        var algorithms = EnumSet.noneOf(LoginAlgorithm.class);
        for (var name : config.texts("JWTSupportedAlgs")) {
            algorithms.add(
                    LoginAlgorithm.named(name)
                            .orElseThrow(() ->
                                    invalid(
                                            "JWTSupportedAlgs: expected some of "
                                                    + LoginAlgorithm.names()
                                                    + ", which a shared secret cannot make; found '"
                                                    + shown(name)
                                                    + "'")));
        }
        // Consul's default
        return algorithms.isEmpty() ? Set.of(LoginAlgorithm.RS256) : algorithms;
    }

    /// Below zero means none; that of the clock's skew holds all the same.
    private static Duration leeway(JsonFields config, String field, Duration otherwise)
            throws RefusedRequestException {
        var text = config.duration(field);
        if (text.isEmpty()) {
            return otherwise;
        }
        var leeway =
                text.startsWith("-") ? Duration.ZERO : ApiRequest.read(text, GoDuration::parse);
        if (leeway.compareTo(LONGEST_LEEWAY) > 0) {
            throw invalid(field + ": expected at most 1h; found '" + shown(text) + "'");
        }
        return leeway;
    }

    private static Keys keys(JsonFields config) throws RefusedRequestException {
        if (!config.text(DISCOVERY).isEmpty()) {
            throw invalid(
                    DISCOVERY
                            + ": expected "
                            + URL
                            + ", which names where the keys are ("
                            + DISCOVERY
                            + " with /.well-known/openid-configuration says it as jwks_uri); found it, and discovery lets an answer send this server elsewhere");
        }
        var given = Stream.of(PINNED, KEY_SET, URL).filter(config::has).toList();
        if (given.size() != 1) {
            throw invalid(
                    "Config: expected one of "
                            + List.of(PINNED, KEY_SET, URL)
                            + "; found "
                            + (given.isEmpty() ? "none" : given));
        }
        try {
            return switch (given.getFirst()) {
                case PINNED -> new Keys.Pinned(LoginKeys.ofPem(config.texts(PINNED)));
                case KEY_SET ->
                        new Keys.Pinned(
                                LoginKeys.ofJwks(
                                        config.field(KEY_SET)
                                                .map(AuthMethodReader::text)
                                                .orElse("")));
                default -> new Keys.Published(new KeyPlace(url(config.text(URL)), ca(config)));
            };
        } catch (InvalidKeysException e) {
            throw invalid(given.getFirst() + ": " + e.sentence());
        }
    }

    private static String text(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }

    private static URI url(String text) throws RefusedRequestException {
        try {
            var url = new URI(text);
            if (text.length() <= MAX_TEXT
                    && "https".equals(url.getScheme())
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null) {
                return url;
            }
        } catch (URISyntaxException _) {
            // as any other that is none
        }
        throw invalid(
                URL
                        + ": expected https://HOST/PATH, without a user and a fragment; found another text");
    }

    private static String ca(JsonFields config) throws RefusedRequestException {
        var pem = config.text(CA);
        if (pem.isEmpty()) {
            return "";
        }
        try {
            var found =
                    pem.length() > MAX_CA || pem.contains("PRIVATE KEY")
                            ? List.of()
                            : CertificateFactory.getInstance("X.509")
                                    .generateCertificates(
                                            new ByteArrayInputStream(
                                                    pem.getBytes(StandardCharsets.UTF_8)));
            if (!found.isEmpty()) {
                return pem;
            }
        } catch (CertificateException _) {
            // as any other that is none
        }
        throw invalid(CA + ": expected certificates in PEM and nothing else; found another text");
    }
}
