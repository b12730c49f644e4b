package dev.hansa.kubernetes;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/// How what an API server says is read. A list is read as a whole: an object that a reader refuses
/// for its size would hide all of its kind, whoever has written it.
final class KubernetesJson {
    /// An API server takes a request of 3 MiB at most, so no name and no text is longer.
    private static final int LONGEST_TEXT = 4 << 20;

    /// An API server reads 10,000 levels.
    private static final int DEEPEST = 10_100;

    private KubernetesJson() {}

    static KubernetesSerialization serialization() {
        var limits =
                StreamReadConstraints.builder()
                        .maxNameLength(LONGEST_TEXT)
                        .maxStringLength(LONGEST_TEXT)
                        .maxNumberLength(LONGEST_TEXT)
                        .maxNestingDepth(DEEPEST)
                        .build();
        return new KubernetesSerialization(
                JsonMapper.builder(JsonFactory.builder().streamReadConstraints(limits).build())
                        .build(),
                true);
    }
}
