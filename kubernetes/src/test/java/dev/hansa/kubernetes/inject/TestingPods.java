package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.zjsonpatch.JsonPatch;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Pods as text, and what becomes of them.
final class TestingPods {
    static final YAMLMapper YAML =
            new YAMLMapper(
                    new YAMLFactory()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .disable(YAMLGenerator.Feature.SPLIT_LINES)
                            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS));

    static final ObjectMapper JSON = new ObjectMapper();

    /// The client's.
    private static final tools.jackson.databind.ObjectMapper OTHER =
            new tools.jackson.databind.ObjectMapper();

    static final PodSettings SETTINGS = settings(false);

    private TestingPods() {}

    /// @param metrics of pods that say nothing of them
    static PodSettings settings(boolean metrics) {
        return settings(metrics, false);
    }

    /// @param transparent of pods that say nothing of it
    static PodSettings settings(boolean metrics, boolean transparent) {
        return new PodSettings(
                "registry.example/hansa:0.1.0",
                "https://hansa-server.hansa.svc:8501",
                Optional.of("-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"),
                "kubernetes",
                "hansa",
                "50m",
                "128Mi",
                "256Mi",
                "-XX:MaxRAMPercentage=35",
                metrics,
                transparent,
                List.of("registry"));
    }

    static Injection injection(boolean byDefault) {
        return new Injection(
                new InjectRules(byDefault, Set.of(), Set.of("denied"), "hansa"), SETTINGS);
    }

    static JsonNode yaml(String text) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /// By somebody else's code, as an API server does.
    static JsonNode patched(JsonNode pod, JsonNode patch) {
        try {
            return JSON.readTree(
                    JsonPatch.apply(
                                    OTHER.readTree(patch.toString()),
                                    OTHER.readTree(pod.toString()))
                            .toString());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
