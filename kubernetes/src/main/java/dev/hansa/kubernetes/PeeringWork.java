package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.Verdict.Word;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredPeering;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What acceptors and dialers have in common: a peering that is named as the object is.
abstract class PeeringWork {
    /// How often the state of a peering is looked at: what it shows is as old as that at most.
    static final Duration LOOK = Duration.ofSeconds(15);

    /// For what other people do: a Secret that is carried here, a peering that ends.
    static final Duration SOON = Duration.ofSeconds(3);

    /// Enough to tell two tokens apart, and useless to whoever wants one.
    private static final int DIGEST = 16;

    private static final int BAD = 400;
    private static final int FORBIDDEN = 403;
    private static final int CONFLICT = 409;
    private static final int INTERNAL = 500;

    /// Of an API server's sentence, for a status that people read.
    private static final int MAX_WORDS = 1_000;

    /// Of a Secret: an API server takes no other, and a token would be made for nothing.
    private static final Pattern NAME =
            Pattern.compile("(?=.{1,253}$)[a-z0-9]+(([.]|-+)[a-z0-9]+)*");

    private static final Set<String> OF_A_SECRET = Set.of("name", "key", "backend");

    private final Desk desk;
    private final Set<String> known;

    /// @param known the fields of `peer` that are read
    PeeringWork(Desk desk, Set<String> known) {
        this.desk = desk;
        this.known = known;
    }

    final Desk desk() {
        return desk;
    }

    final Outcome work(Subject subject) throws InterruptedException {
        var found = desk.cluster().now(subject);
        if (found.isEmpty()) {
            return new Outcome.Settled();
        }
        if (found.get().isDeleted()) {
            var object = found.get();
            return desk.end(object, () -> remove(object));
        }
        var object = desk.held(found.get());
        try {
            var peering = desk.api().peering(subject.name());
            if (peering.filter(StoredPeering::isEnding).isPresent()) {
                desk.tell(
                        object,
                        Verdict.refused("Ending", "the peering of this name is being deleted"));
                return new Outcome.Again(SOON);
            }
            if (peering.isPresent()) {
                var foreign =
                        desk.foreign(
                                object,
                                "peering '" + subject.name() + "'",
                                Owner.of(peering.get().meta()),
                                other -> !other.isDeleted());
                if (foreign.isPresent()) {
                    return desk.refused(object, "NotOurs", foreign.get());
                }
            }
            var unknown = unknown(object, known);
            return unknown.isPresent()
                    ? desk.refused(object, "Refused", unknown.get())
                    : work(object, peering);
        } catch (ApiException e) {
            return desk.failed(object, e);
        } catch (KubernetesClientException e) {
            if (e.getCode() == FORBIDDEN) {
                return desk.refused(
                        object,
                        "KubernetesForbidden",
                        "Secret '"
                                + secretName(object)
                                + "': expected this operator to be allowed to read and write it; found that it is not (bind the ClusterRole hansa-operator-tokens in this namespace)");
            }
            if (e.getCode() == CONFLICT || e.getCode() < BAD || e.getCode() >= INTERNAL) {
                // the next attempt reads anew, or the API server is away and takes no status either
                throw e;
            }
            return desk.refused(
                    object,
                    "KubernetesRefused",
                    "Secret '"
                            + secretName(object)
                            + "': expected the API server to take it; found HTTP "
                            + e.getCode()
                            + ForeignText.shown(words(e), MAX_WORDS));
        }
    }

    private static String words(KubernetesClientException e) {
        return e.getStatus() == null || e.getStatus().getMessage() == null
                ? ""
                : ": " + e.getStatus().getMessage();
    }

    /// The object says nothing that would be forgotten.
    ///
    /// @param peering of the object's name, if there is one, and it is this object's
    abstract Outcome work(Custom object, Optional<StoredPeering> peering)
            throws ApiException, InterruptedException;

    /// Ends the peering if it is this object's, then what else there is.
    private void remove(Custom object) throws ApiException, InterruptedException {
        var peering = desk.api().peering(object.subject().name());
        if (peering.filter(one -> !one.isEnding()).isPresent()
                && Owner.of(peering.get().meta())
                        .equals(Optional.of(Owner.of(desk.name(), object.subject())))) {
            desk.mayWrite();
            desk.api().deletePeering(object.subject().name());
            desk.events()
                    .accept(
                            new OperatorEvent.Removed(
                                    object.subject(), "peering " + object.subject().name()));
        }
        removed(object);
    }

    /// The peering has ended.
    abstract void removed(Custom object);

    /// A request's body with the peer's name, and whose it is.
    final ObjectNode body(Custom object) {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("PeerName", object.subject().name());
        var meta = body.putObject("Meta");
        object.spec()
                .path("peer")
                .path("meta")
                .properties()
                .forEach(one -> meta.put(one.getKey(), one.getValue().asText()));
        Owner.of(desk.name(), object.subject()).mark(meta);
        return body;
    }

    static void put(ObjectNode body, String name, String value) {
        if (!value.isEmpty()) {
            body.put(name, value);
        }
    }

    static String secretName(Custom object) {
        return object.spec().path("peer").path("secret").path("name").asText();
    }

    static String secretKey(Custom object) {
        return object.spec().path("peer").path("secret").path("key").asText();
    }

    /// A place for secrets that there is not, and fields that would be forgotten.
    static Optional<String> unknown(Custom object, Set<String> known) {
        var secret = object.spec().path("peer").path("secret");
        var backend = secret.path("backend").asText("kubernetes");
        if (!backend.equals("kubernetes")) {
            return Optional.of(
                    "secret.backend: expected 'kubernetes'; found '"
                            + ForeignText.shown(backend)
                            + "'");
        }
        if (!NAME.matcher(secretName(object)).matches()) {
            return Optional.of(
                    "peer.secret.name: expected the name of a Secret: lower-case letters, digits, '-' and '.'; found '"
                            + ForeignText.shown(secretName(object))
                            + "'");
        }
        return unknown("spec", object.spec(), Set.of("peer"))
                .or(() -> unknown("peer", object.spec().path("peer"), known))
                .or(() -> unknown("peer.secret", secret, OF_A_SECRET));
    }

    private static Optional<String> unknown(String where, JsonNode node, Set<String> known) {
        return node.properties().stream()
                .map(Map.Entry::getKey)
                .filter(field -> !known.contains(field))
                .findFirst()
                .map(field ->
                        where
                                + ": expected no other field; found '"
                                + ForeignText.shown(field)
                                + "'");
    }

    static String digest(String token) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(token.getBytes(StandardCharsets.UTF_8)))
                    .substring(0, DIGEST);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("JVM: expected to have SHA-256; found none", e);
        }
    }

    /// What the status says of a peering.
    ///
    /// @param now as this operator reckons
    static Map<String, Object> fields(Custom object, StoredPeering peering, Instant now) {
        var fields = new LinkedHashMap<String, Object>(Desk.named(peering.name()));
        fields.put("peeringId", peering.id());
        fields.put("state", peering.state());
        fields.put("remoteDatacenter", peering.remoteDatacenter());
        fields.put("importedServices", peering.imported());
        fields.put("exportedServices", peering.exported());
        // to the minute, or each look would be a write
        fields.put("lastHeartbeat", minute(object, peering, now).orElse(""));
        return fields;
    }

    /// When the peer was last heard. What the server says begins anew with each leader: what the
    /// status says of the same peering stays until the server says something later. Whatever lies
    /// ahead was said by a clock that is ahead: it would look fresh until then.
    private static Optional<String> minute(Custom object, StoredPeering peering, Instant now) {
        var status = object.status();
        var said =
                (peering.id().equals(status.get("peeringId"))
                                ? moment(status.get("lastHeartbeat"))
                                : Optional.<Instant>empty())
                        .filter(at -> !at.isAfter(now));
        var isAhead = peering.lastHeard().filter(at -> at.isAfter(now)).isPresent();
        // when it was is not known but of one that is heard now
        var heard =
                isAhead && (said.isEmpty() || peering.state().equals("ACTIVE"))
                        ? Optional.of(now)
                        : peering.lastHeard().filter(_ -> !isAhead);
        return Stream.of(said, heard)
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder())
                .map(at -> at.truncatedTo(ChronoUnit.MINUTES).toString());
    }

    /// @return empty for what no operator has written
    private static Optional<Instant> moment(@Nullable Object text) {
        try {
            return text == null
                    ? Optional.empty()
                    : Optional.of(Instant.parse(String.valueOf(text)));
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    static Word ready(Custom object, StoredPeering peering, Instant now) {
        return switch (peering.state()) {
            case "ACTIVE" -> Word.yes("Active", "the peer is heard");
            case "PENDING" -> Word.no("Pending", "the token waits to be used by the peer");
            case "TERMINATED" -> Word.no("Terminated", "the peer has ended the peering");
            case "ESTABLISHING" ->
                    Word.no("Establishing", "the peer was asked and has not answered yet");
            case "FAILING" ->
                    Word.no(
                            "Failing",
                            minute(object, peering, now)
                                    .map(at ->
                                            "the peer has not been heard since "
                                                    + at
                                                    + ": what it exports is known as it was then")
                                    .orElse(
                                            "the peer has not been heard since the leader of the servers here began to lead"));
            case String other -> Word.no("NotActive", "the peering is " + other);
        };
    }
}
