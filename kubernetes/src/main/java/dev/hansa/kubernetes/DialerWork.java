package dev.hansa.kubernetes;

import dev.hansa.kubernetes.Verdict.Word;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredPeering;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Establishes a peering with the token of a Secret, once for each token: a token works once.
final class DialerWork extends PeeringWork {
    /// In the peering's meta and on the object: the digest of the token that was used.
    static final String USED = "hansa.dev/token-used";

    private static final String META = "k8s-token";
    private static final Set<String> KNOWN =
            Set.of("secret", "acceptAudience", "requireSigned", "expectFingerprint", "meta");

    DialerWork(Desk desk) {
        super(desk, KNOWN);
    }

    @Override
    Outcome work(Custom object, Optional<StoredPeering> peering)
            throws ApiException, InterruptedException {
        var token = token(object);
        if (token.isEmpty()) {
            var words =
                    "Secret '"
                            + secretName(object)
                            + "': expected a token under '"
                            + secretKey(object)
                            + "'; found none";
            if (peering.isPresent()) {
                // it was used, and is not needed any more
                return told(object, peering.get(), "", Map.of());
            }
            desk().tell(object, Verdict.refused("SecretMissing", words));
            return new Outcome.Again(SOON);
        }
        var digest = digest(token.get());
        var used = peering.map(one -> one.meta().getOrDefault(META, "")).orElse("");
        if (peering.isPresent() && used.equals(digest)) {
            var marked =
                    object.annotation(USED).equals(digest)
                            ? object
                            : desk().cluster().replace(object.annotated(USED, digest));
            return told(marked, peering.get(), digest, Map.of());
        }
        if (peering.isEmpty() && object.annotation(USED).equals(digest)) {
            return desk().refused(
                            object,
                            "PeeringGone",
                            "peering '"
                                    + object.subject().name()
                                    + "': expected to be at the server; found that it was deleted, and a token works once (put a new one into Secret '"
                                    + secretName(object)
                                    + "')");
        }
        return establish(object, token.get(), digest);
    }

    private Optional<String> token(Custom object) {
        return desk().cluster()
                .secret(object.subject().namespace(), secretName(object))
                .map(secret ->
                        Objects.requireNonNullElse(secret.getData(), Map.<String, String>of())
                                .getOrDefault(secretKey(object), ""))
                .map(AcceptorWork::text)
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    private Outcome establish(Custom object, String token, String digest)
            throws ApiException, InterruptedException {
        var peer = object.spec().path("peer");
        var body = body(object).put("PeeringToken", token);
        body.withObject("Meta").put(META, digest);
        put(body, "AcceptAudience", peer.path("acceptAudience").asText(""));
        put(body, "ExpectFingerprint", peer.path("expectFingerprint").asText(""));
        if (peer.path("requireSigned").asBoolean()) {
            body.put("RequireSigned", true);
        }
        desk().mayWrite();
        var whose = desk().api().establish(body);
        desk().events()
                .accept(
                        new OperatorEvent.Written(
                                object.subject(), "peering " + object.subject().name()));
        var marked = desk().cluster().replace(object.annotated(USED, digest));
        var peering = desk().api().peering(object.subject().name());
        return peering.isEmpty()
                ? new Outcome.Again(SOON)
                : told(
                        marked,
                        peering.get(),
                        digest,
                        Map.of(
                                "fingerprint",
                                whose.getKey(),
                                "fingerprintWords",
                                whose.getValue()));
    }

    private Outcome told(
            Custom object, StoredPeering peering, String digest, Map<String, Object> more) {
        var now = desk().clock().instant();
        var fields = new LinkedHashMap<>(fields(object, peering, now));
        fields.putAll(more);
        if (!digest.isEmpty()) {
            var secret = new LinkedHashMap<String, Object>();
            secret.put("name", secretName(object));
            secret.put("key", secretKey(object));
            secret.put("tokenDigest", digest);
            fields.put("secret", secret);
        }
        var synced = Word.yes("Synced", "the server has the peering");
        desk().tell(
                        object,
                        new Verdict(synced, ready(object, peering, now), fields, !more.isEmpty()));
        return new Outcome.Again(LOOK);
    }

    @Override
    void removed(Custom object) {
        // the Secret was put there by somebody else
    }
}
