package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The webhook's language: an AdmissionReview of `admission.k8s.io/v1` in, the same with an answer
/// out.
final class Reviews {
    private static final String VERSION = "admission.k8s.io/v1";
    private static final String KIND = "AdmissionReview";

    /// An API server shows 4 KiB of them, and cuts each.
    private static final int MOST_WARNINGS = 10;

    /// As Kubernetes answers for an object that breaks its schema.
    private static final int INVALID = 422;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Supplier<Injection> injection;
    private final Consumer<InjectorEvent> events;

    /// @param injection as the settings are now, asked for each pod
    Reviews(Supplier<Injection> injection, Consumer<InjectorEvent> events) {
        this.injection = injection;
        this.events = events;
    }

    /// Thrown for what is no review.
    static final class NoReviewException extends IOException {
        private static final long serialVersionUID = 1;

        NoReviewException(String sentence) {
            super(sentence);
        }
    }

    byte[] answer(byte[] body) throws NoReviewException {
        var review = read(body);
        var request = review.path("request");
        var answer = JSON.createObjectNode().put("apiVersion", VERSION).put("kind", KIND);
        var response = answer.putObject("response").put("uid", request.path("uid").asText());
        if (!request.path("operation").asText().equals("CREATE")
                || !request.at("/kind/kind").asText().equals("Pod")
                || !request.path("subResource").asText().isEmpty()) {
            response.put("allowed", true);
        } else {
            judge(request, response);
        }
        try {
            return JSON.writeValueAsBytes(answer);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer cannot be written", e);
        }
    }

    private static JsonNode read(byte[] body) throws NoReviewException {
        JsonNode review;
        try {
            review = JSON.readTree(body);
        } catch (IOException _) {
            // what a parser says quotes what it has read
            throw new NoReviewException("body: expected an AdmissionReview as JSON");
        }
        if (!review.path("kind").asText().equals(KIND)
                || !review.path("apiVersion").asText().equals(VERSION)
                || review.at("/request/uid").asText().isEmpty()) {
            throw new NoReviewException(
                    "body: expected an "
                            + KIND
                            + " of "
                            + VERSION
                            + " with a request; found another");
        }
        return review;
    }

    private void judge(JsonNode request, ObjectNode response) {
        var pod = request.path("object");
        var namespace = request.path("namespace").asText();
        var name = name(namespace, pod);
        switch (injection.get().decide(pod, namespace)) {
            case InjectDecision.Inject(var patch, var service, var warnings) -> {
                try {
                    response.put("allowed", true)
                            .put("patchType", "JSONPatch")
                            .put(
                                    "patch",
                                    Base64.getEncoder()
                                            .encodeToString(JSON.writeValueAsBytes(patch)));
                } catch (JsonProcessingException e) {
                    throw new IllegalStateException("a patch cannot be written", e);
                }
                warn(response, warnings);
                events.accept(new InjectorEvent.Injected(name, service));
            }
            case InjectDecision.LeaveAlone(var why, var warnings) -> {
                response.put("allowed", true);
                warn(response, warnings);
                events.accept(new InjectorEvent.LeftAlone(name, why));
            }
            case InjectDecision.Refuse(var reason, var sentence) -> {
                response.put("allowed", false)
                        .putObject("status")
                        .put("code", INVALID)
                        .put("reason", "Invalid")
                        .put("message", "hansa: " + reason.word() + ": " + sentence);
                events.accept(new InjectorEvent.Refused(name, reason, sentence));
            }
        }
    }

    private static void warn(ObjectNode response, List<String> warnings) {
        if (!warnings.isEmpty()) {
            var shown = response.putArray("warnings");
            warnings.stream().limit(MOST_WARNINGS).forEach(one -> shown.add("hansa: " + one));
        }
    }

    private static String name(String namespace, JsonNode pod) {
        var name = pod.at("/metadata/name").asText();
        return ForeignText.shown(
                namespace
                        + "/"
                        + (name.isEmpty()
                                ? pod.at("/metadata/generateName").asText() + "*"
                                : name));
    }
}
