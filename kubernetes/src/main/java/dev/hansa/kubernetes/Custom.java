package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A custom resource as it was read.
record Custom(Subject subject, GenericKubernetesResource resource) {
    static final String FINALIZER = "hansa.dev/operator";

    /// `true`: what somebody else has written under this name becomes this object's.
    private static final String TAKE_OVER = "hansa.dev/take-over";

    /// Levels of maps and lists in a spec; an entry has less than twenty. A deeper object is passed
    /// over, for whatever writes it again would use up its stack.
    static final int DEEPEST = 200;

    /// Left by Consul's controllers, who are not there any more to take it away.
    private static final String CONSULS_FINALIZER = "finalizers.consul.hashicorp.com";

    private static final String CONSULS_TAKE_OVER = "consul.hashicorp.com/migrate-entry";

    private static final ObjectMapper JSON = new ObjectMapper();

    static Optional<Custom> of(
            ApiGroup group, ResourceKind kind, GenericKubernetesResource resource) {
        var meta = resource.getMetadata();
        return meta == null
                        || meta.getName() == null
                        || meta.getNamespace() == null
                        || isTooDeep(resource.getAdditionalProperties())
                ? Optional.empty()
                : Optional.of(
                        new Custom(
                                new Subject(group, kind, meta.getNamespace(), meta.getName()),
                                resource));
    }

    /// Level by level: an object that is too deep must not use up the stack here.
    private static boolean isTooDeep(Map<String, Object> top) {
        var level = new ArrayList<Collection<?>>();
        nested(top.values(), level);
        for (var depth = 1; depth <= DEEPEST && !level.isEmpty(); depth++) {
            var next = new ArrayList<Collection<?>>();
            level.forEach(values -> nested(values, next));
            level = next;
        }
        return !level.isEmpty();
    }

    private static void nested(Collection<?> values, List<Collection<?>> into) {
        for (var value : values) {
            if (value instanceof Map<?, ?> map) {
                into.add(map.values());
            } else if (value instanceof Collection<?> list) {
                into.add(list);
            }
        }
    }

    ObjectNode spec() {
        return object("spec");
    }

    Map<String, Object> status() {
        var status = resource.getAdditionalProperties().get("status");
        var copy = new LinkedHashMap<String, Object>();
        if (status instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (value != null) {
                    copy.put(String.valueOf(key), value);
                }
            });
        }
        return copy;
    }

    private ObjectNode object(String name) {
        var value = resource.getAdditionalProperties().get(name);
        return value != null && JSON.valueToTree(value) instanceof ObjectNode node
                ? node
                : JSON.createObjectNode();
    }

    long generation() {
        return Objects.requireNonNullElse(resource.getMetadata().getGeneration(), 0L);
    }

    String annotation(String key) {
        return Objects.requireNonNullElse(
                        resource.getMetadata().getAnnotations(), Map.<String, String>of())
                .getOrDefault(key, "");
    }

    boolean mayTakeOver() {
        return annotation(TAKE_OVER).equals("true") || annotation(CONSULS_TAKE_OVER).equals("true");
    }

    boolean isDeleted() {
        return resource.getMetadata().getDeletionTimestamp() != null;
    }

    boolean isDeletedFor(Duration time, Instant now) {
        try {
            var at = resource.getMetadata().getDeletionTimestamp();
            return at != null && !Instant.parse(at).plus(time).isAfter(now);
        } catch (DateTimeParseException _) {
            return false;
        }
    }

    boolean isHeld() {
        return finalizers().contains(FINALIZER);
    }

    /// Whether it goes only when this operator lets it go.
    boolean isToBeLetGo() {
        return isHeld()
                || subject.group() == ApiGroup.CONSUL && finalizers().contains(CONSULS_FINALIZER);
    }

    private List<String> finalizers() {
        return Objects.requireNonNullElse(resource.getMetadata().getFinalizers(), List.of());
    }

    /// As this, but held: it does not go before what it has written is removed.
    Custom held() {
        var copy = copy();
        var all = new ArrayList<>(finalizers());
        all.add(FINALIZER);
        copy.resource().getMetadata().setFinalizers(all);
        return copy;
    }

    Custom letGo() {
        var copy = notHeld();
        if (subject.group() == ApiGroup.CONSUL) {
            copy.resource().getMetadata().getFinalizers().remove(CONSULS_FINALIZER);
        }
        return copy;
    }

    /// Without what this operator holds it by, whoever else holds it.
    Custom notHeld() {
        var copy = copy();
        var all = new ArrayList<>(finalizers());
        all.remove(FINALIZER);
        copy.resource().getMetadata().setFinalizers(all);
        return copy;
    }

    Custom annotated(String key, String value) {
        var copy = copy();
        var all =
                new HashMap<>(
                        Objects.requireNonNullElse(
                                resource.getMetadata().getAnnotations(), Map.<String, String>of()));
        all.put(key, value);
        copy.resource().getMetadata().setAnnotations(all);
        return copy;
    }

    Custom withStatus(Map<String, Object> status) {
        var copy = copy();
        copy.resource().setAdditionalProperty("status", status);
        return copy;
    }

    private Custom copy() {
        var copy = new GenericKubernetesResource();
        copy.setApiVersion(resource.getApiVersion());
        copy.setKind(resource.getKind());
        copy.setMetadata(new ObjectMetaBuilder(resource.getMetadata()).build());
        copy.setAdditionalProperties(new LinkedHashMap<>(resource.getAdditionalProperties()));
        return new Custom(subject, copy);
    }
}
