package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KubernetesJsonTest {
    private static String list(String spec) {
        return """
        {"apiVersion": "hansa.dev/v1alpha1", "kind": "MeshList", "items": [
        {"apiVersion": "hansa.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "one", "namespace": "shop"}, "spec": %s},
        {"apiVersion": "hansa.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "two", "namespace": "shop"}, "spec": {}}]}
        """
                .formatted(spec);
    }

    private static GenericKubernetesResourceList read(KubernetesSerialization by, String text) {
        return by.unmarshal(text, GenericKubernetesResourceList.class);
    }

    private static String deep(int levels) {
        return "{\"a\": ".repeat(levels) + "1" + "}".repeat(levels);
    }

    @Test
    void keyThatNoReaderExpectsHidesNoOtherObject() {
        var text = list("{\"" + "k".repeat(1_000_000) + "\": 1}");

        assertThat(read(KubernetesJson.serialization(), text).getItems()).hasSize(2);
        assertThatThrownBy(() -> read(new KubernetesSerialization(), text))
                .as("the client's own reader")
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void objectAsDeepAsAnApiServerReadsHidesNoOtherAndIsPassedOver() {
        var text = list(deep(9_900));

        var items = read(KubernetesJson.serialization(), text).getItems();

        assertThat(items).hasSize(2);
        assertThat(of(items.getFirst())).as("too deep").isFalse();
        assertThat(of(items.getLast())).isTrue();
        assertThatThrownBy(() -> read(new KubernetesSerialization(), text))
                .as("the client's own reader")
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void objectOfManyLevelsIsSeenUntilTheLimit() {
        var resource = new GenericKubernetesResource();
        resource.setMetadata(
                new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
                        .withName("one")
                        .withNamespace("shop")
                        .build());
        Object spec = Map.of();
        for (var level = 1; level < Custom.DEEPEST; level++) {
            spec = Map.of("a", spec);
        }
        resource.setAdditionalProperty("spec", spec);
        assertThat(of(resource)).isTrue();

        resource.setAdditionalProperty("spec", Map.of("a", spec));
        assertThat(of(resource)).isFalse();
    }

    private static boolean of(GenericKubernetesResource resource) {
        return Custom.of(ApiGroup.HANSA, ResourceKind.MESH, resource).isPresent();
    }
}
