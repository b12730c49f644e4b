package dev.hansa.kubernetes;

import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.Verdict.Word;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredPeering;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Makes a peering token and keeps it in a Secret. A token is made once, and again when an
/// annotation says so; never because something is missing, for a new token makes the one worthless
/// that a peer may be about to use.
final class AcceptorWork extends PeeringWork {
    /// Another value than before: make a new token.
    static final String RENEW = "hansa.dev/renew-token";

    private static final String CONSULS_RENEW = "consul.hashicorp.com/peering-version";

    /// On the object and on the Secret: the value for which the token was made.
    static final String MADE_FOR = "hansa.dev/token-made-for";

    /// On the Secret: until when the token may be used.
    private static final String EXPIRES = "hansa.dev/token-expires";

    /// On the Secret: the object that has written it.
    private static final String OBJECT = "hansa.dev/object";

    /// Of an annotation's value in the status, as its schema has it.
    private static final int MAX_SHOWN = 63;

    private static final int FORBIDDEN = 403;
    private static final String LABEL = "hansa.dev/peering-token";
    private static final String FIRST = "first";
    private static final String DEFAULT_TTL = "24h";
    private static final String FINGERPRINT = "hansa.dev/fingerprint";
    private static final String WORDS = "hansa.dev/fingerprint-words";
    private static final Set<String> KNOWN =
            Set.of(
                    "secret",
                    "forDatacenter",
                    "serverExternalAddresses",
                    "ttl",
                    "tokenForm",
                    "meta");

    AcceptorWork(Desk desk) {
        super(desk, KNOWN);
    }

    @Override
    Outcome work(Custom object, Optional<StoredPeering> peering)
            throws ApiException, InterruptedException {
        var secret = desk().cluster().secret(object.subject().namespace(), secretName(object));
        if (secret.isPresent() && !isOf(object, secret.get())) {
            return desk().refused(
                            object,
                            "SecretNotOurs",
                            "Secret '"
                                    + secretName(object)
                                    + "': expected to be this object's; found that somebody else has written it");
        }
        var isOthers =
                peering.flatMap(one -> Owner.of(one.meta()))
                        .filter(Owner.of(desk().name(), object.subject())::equals)
                        .isEmpty();
        var wasUsed = peering.filter(one -> !one.state().equals("PENDING")).isPresent();
        if (wasUsed && isOthers) {
            return desk().refused(
                            object,
                            "NotOurs",
                            "peering '"
                                    + object.subject().name()
                                    + "': expected to be made by this object, or to wait for its peer; found that it is in use and somebody else has made it (it cannot be taken over: delete one of them)");
        }
        var asked = asked(object);
        var madeFor =
                secret.map(one -> annotation(one, MADE_FOR))
                        .filter(value -> !value.isEmpty())
                        .orElse(object.annotation(MADE_FOR));
        if (madeFor.isEmpty() ? !wasUsed : isRenewal(asked, madeFor)) {
            return issue(object, secret, asked);
        }
        if (object.annotation(MADE_FOR).isEmpty()) {
            var value = madeFor.isEmpty() ? asked : madeFor;
            return told(
                    desk().cluster().replace(object.annotated(MADE_FOR, value)), peering, secret);
        }
        return told(object, peering, secret);
    }

    private static String asked(Custom object) {
        var own = object.annotation(RENEW);
        var value = own.isEmpty() ? object.annotation(CONSULS_RENEW) : own;
        return value.isEmpty() ? FIRST : value;
    }

    private static boolean isRenewal(String asked, String madeFor) {
        return !asked.equals(FIRST) && !asked.equals(madeFor);
    }

    private static boolean isOf(Custom object, Secret secret) {
        return annotation(secret, OBJECT).equals(object.subject().text());
    }

    private static String annotation(Secret secret, String key) {
        return Objects.requireNonNullElse(
                        secret.getMetadata().getAnnotations(), Map.<String, String>of())
                .getOrDefault(key, "");
    }

    private Outcome issue(Custom object, Optional<Secret> before, String asked)
            throws ApiException, InterruptedException {
        var peer = object.spec().path("peer");
        var ttl = peer.path("ttl").asText("").isEmpty() ? DEFAULT_TTL : peer.path("ttl").asText();
        var body = body(object).put("TTL", ttl);
        put(body, "ForDatacenter", peer.path("forDatacenter").asText(""));
        put(body, "TokenForm", peer.path("tokenForm").asText(""));
        if (!peer.path("serverExternalAddresses").isEmpty()) {
            body.set("ServerExternalAddresses", peer.get("serverExternalAddresses"));
        }
        // a Secret that would be refused is found out before a token is made for nothing: the one
        // before would not work any more
        desk().cluster().probe(secret(object, before, Map.of(), ""), before.isPresent());
        desk().mayWrite();
        var from = desk().clock().instant();
        var issued = desk().api().generateToken(body);
        var annotations =
                Map.of(
                        OBJECT,
                        object.subject().text(),
                        MADE_FOR,
                        asked,
                        EXPIRES,
                        expiry(from, ttl),
                        FINGERPRINT,
                        issued.fingerprint(),
                        WORDS,
                        issued.words());
        var secret = secret(object, before, annotations, issued.token().value());
        if (before.isPresent()) {
            desk().cluster().replace(secret);
        } else {
            desk().cluster().create(secret);
        }
        desk().events()
                .accept(
                        new OperatorEvent.Written(
                                object.subject(), "token for peer " + object.subject().name()));
        var annotated = desk().cluster().replace(object.annotated(MADE_FOR, asked));
        return told(annotated, desk().api().peering(object.subject().name()), Optional.of(secret));
    }

    private static Secret secret(
            Custom object, Optional<Secret> before, Map<String, String> annotations, String token) {
        return before.map(SecretBuilder::new)
                .orElseGet(SecretBuilder::new)
                .editOrNewMetadata()
                .withName(secretName(object))
                .withNamespace(object.subject().namespace())
                .addToLabels(LABEL, "true")
                .addToLabels("consul.hashicorp.com/peering-token", "true")
                .addToAnnotations(annotations)
                .endMetadata()
                .withType("Opaque")
                .addToData(
                        secretKey(object),
                        Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8)))
                .build();
    }

    private static String expiry(Instant from, String ttl) {
        try {
            return Verdict.moment(from.plus(Settings.parseDuration(ttl)));
        } catch (IllegalArgumentException _) {
            return "";
        }
    }

    private Outcome told(Custom object, Optional<StoredPeering> peering, Optional<Secret> secret) {
        if (peering.isEmpty()) {
            return desk().refused(
                            object,
                            "PeeringGone",
                            "peering '"
                                    + object.subject().name()
                                    + "': expected to be at the server; found that somebody has deleted it (annotate with "
                                    + RENEW
                                    + "=<another value> to make it and its token anew)");
        }
        var now = desk().clock().instant();
        var fields = new LinkedHashMap<>(fields(object, peering.get(), now));
        var madeFor = object.annotation(MADE_FOR);
        fields.put(
                "renewedFor",
                madeFor.equals(FIRST)
                        ? ""
                        : madeFor.substring(0, Math.min(madeFor.length(), MAX_SHOWN)));
        secret.ifPresent(one -> {
            var data = Objects.requireNonNullElse(one.getData(), Map.<String, String>of());
            var shown = new LinkedHashMap<String, Object>();
            shown.put("name", one.getMetadata().getName());
            shown.put("key", secretKey(object));
            shown.put("tokenDigest", digest(text(data.getOrDefault(secretKey(object), ""))));
            fields.put("secret", shown);
            fields.put("tokenExpires", annotation(one, EXPIRES));
            fields.put("fingerprint", annotation(one, FINGERPRINT));
            fields.put("fingerprintWords", annotation(one, WORDS));
        });
        var isPending = peering.get().state().equals("PENDING");
        var hasToken =
                secret.map(Secret::getData)
                        .filter(data -> data.containsKey(secretKey(object)))
                        .isPresent();
        var synced =
                isPending && !hasToken
                        ? Word.no(
                                "SecretGone",
                                "Secret '"
                                        + secretName(object)
                                        + "': expected the token under '"
                                        + secretKey(object)
                                        + "'; found none (annotate with "
                                        + RENEW
                                        + "=<another value> to make a new one)")
                        : Word.yes("Synced", "the server has the peering");
        var ready =
                isPending && secret.filter(this::isExpired).isPresent()
                        ? Word.no(
                                "TokenExpired",
                                "the token was not used in time (annotate with "
                                        + RENEW
                                        + "=<another value> to make a new one)")
                        : ready(object, peering.get(), now);
        desk().tell(object, new Verdict(synced, ready, fields, false));
        return new Outcome.Again(LOOK);
    }

    private boolean isExpired(Secret secret) {
        try {
            var expires = annotation(secret, EXPIRES);
            return !expires.isEmpty() && !Instant.parse(expires).isAfter(desk().clock().instant());
        } catch (DateTimeParseException _) {
            return false;
        }
    }

    static String text(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return "";
        }
    }

    @Override
    void removed(Custom object) {
        try {
            desk().cluster()
                    .secret(object.subject().namespace(), secretName(object))
                    .filter(secret -> isOf(object, secret))
                    .ifPresent(desk().cluster()::delete);
        } catch (KubernetesClientException e) {
            if (e.getCode() != FORBIDDEN) {
                throw e;
            }
            // where a namespace goes, the right to its Secrets may go first, and they go with it; a
            // token of a peering that has ended is worthless
            desk().events()
                    .accept(
                            new OperatorEvent.Abandoned(
                                    object.subject(),
                                    "Secret '" + secretName(object) + "': HTTP 403"));
        }
    }
}
