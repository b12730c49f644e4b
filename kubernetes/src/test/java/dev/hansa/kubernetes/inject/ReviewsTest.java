package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.Settings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an injector with these settings answers, without the door in front of it.
class ReviewsTest {
    @TempDir private Path folder;

    private final List<InjectorEvent> events = new ArrayList<>();

    private Reviews reviews(Map<String, String> more) throws Exception {
        var settings = new HashMap<String, String>();
        settings.put("image", "hansa:0.1.0");
        settings.put("http-addr", "https://hansa-server.hansa.svc:8501");
        settings.put("default", "true");
        settings.putAll(more);
        return Injector.reviews(
                InjectorConfig.read(Settings.of(settings, Map.of(), Optional.empty()), "here"),
                events::add);
    }

    private static JsonNode response(Reviews reviews, String spec) throws Exception {
        var review = TestingPods.JSON.createObjectNode();
        review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        var request = review.putObject("request");
        request.put("uid", "1").put("operation", "CREATE").put("namespace", "shop");
        request.putObject("kind").put("kind", "Pod");
        request.putObject("object").set("spec", TestingPods.yaml(spec));
        return TestingPods.JSON
                .readTree(reviews.answer(TestingPods.JSON.writeValueAsBytes(review)))
                .path("response");
    }

    @Test
    void podThatNeverAskedIsMadeWithAWarning() throws Exception {
        var response = response(reviews(Map.of()), "{containers: [{name: web, image: x}]}");

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.has("patch")).isFalse();
        assertThat(response.at("/warnings/0").asText())
                .startsWith(
                        "hansa: the pod is outside the mesh: port of the application: expected");
        assertThat(events).hasExactlyElementsOfTypes(InjectorEvent.LeftAlone.class);
    }

    /// They are made anew while injectors run on.
    @Test
    void certificatesOfTheServerAreReadForEachPod() throws Exception {
        var file = folder.resolve("ca.pem");
        Files.writeString(file, pem("one"));
        var reviews = reviews(Map.of("cacert", file.toString()));
        assertThat(givenCa(reviews)).isEqualTo(pem("one"));

        Files.writeString(file, pem("two"));
        assertThat(givenCa(reviews)).isEqualTo(pem("two"));
        Files.writeString(file, "half of it");
        assertThat(givenCa(reviews)).isEqualTo(pem("two"));
        assertThat(events)
                .filteredOn(InjectorEvent.UpkeepFailed.class::isInstance)
                .singleElement()
                .asString()
                .contains("cacert: expected certificates in PEM", file.toString());
    }

    private static String pem(String content) {
        return "-----BEGIN CERTIFICATE-----\n" + content + "\n-----END CERTIFICATE-----\n";
    }

    private static String givenCa(Reviews reviews) throws Exception {
        var response =
                response(
                        reviews,
                        "{serviceAccountName: web, containers: [{name: web, image: x, ports: [{containerPort: 8080}]}]}");
        var patch =
                new String(
                        Base64.getDecoder().decode(response.path("patch").asText()),
                        StandardCharsets.UTF_8);
        for (var variable : TestingPods.JSON.readTree(patch).findValues("env").getFirst()) {
            if (variable.path("name").asText().equals("HANSA_CACERT_PEM")) {
                return variable.path("value").asText();
            }
        }
        return "none";
    }
}
