package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.kubernetes.catalog.InjectedPod;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import org.junit.jupiter.api.Test;

class LeanStoreTest {
    private static final String LAST = "kubectl.kubernetes.io/last-applied-configuration";

    @Test
    void serviceIsHeldWithoutWhatNobodyAsksFor() {
        var store = new LeanStore<Service>(LeanStore::service);
        var whole =
                new ServiceBuilder()
                        .withNewMetadata()
                        .withName("cart")
                        .withNamespace("shop")
                        .withResourceVersion("7")
                        .addToLabels("export", "yes")
                        .addToAnnotations(LAST, "x".repeat(1000))
                        .addToAnnotations("hansa.dev/service-sync", "true")
                        .withManagedFields(new ManagedFieldsEntry())
                        .endMetadata()
                        .withNewSpec()
                        .withClusterIPs("192.0.2.1", "2001:db8::1")
                        .withExternalIPs("192.0.2.9")
                        .addToSelector("app", "cart")
                        .endSpec()
                        .build();

        store.put("shop/cart", whole);

        var held = store.get("shop/cart");
        assertThat(held.getMetadata().getManagedFields()).isEmpty();
        assertThat(held.getMetadata().getAnnotations()).containsOnlyKeys("hansa.dev/service-sync");
        assertThat(held.getMetadata().getLabels()).containsEntry("export", "yes");
        assertThat(held.getMetadata().getResourceVersion()).isEqualTo("7");
        assertThat(held.getSpec().getSelector()).containsEntry("app", "cart");
        assertThat(held.getSpec().getClusterIPs()).containsExactly("192.0.2.1", "2001:db8::1");
        assertThat(held.getSpec().getExternalIPs()).isEmpty();
    }

    @Test
    void podIsHeldAsItIsRead() {
        var whole =
                new PodBuilder()
                        .withNewMetadata()
                        .withName("cart-1")
                        .withNamespace("shop")
                        .addToAnnotations(LAST, "x")
                        .addToAnnotations("hansa.dev/connect-service", "cart")
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName("cart")
                        .addNewVolume()
                        .withName("any")
                        .endVolume()
                        .addNewContainer()
                        .withImage("any")
                        .addNewPort()
                        .withName("http")
                        .withContainerPort(80)
                        .endPort()
                        .endContainer()
                        .endSpec()
                        .withNewStatus()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build();

        var held = LeanStore.pod(whole);

        assertThat(held.getSpec().getVolumes()).isEmpty();
        assertThat(held.getSpec().getContainers().getFirst().getImage()).isNull();
        assertThat(InjectedPod.of(held).ports()).containsEntry("http", 80);
        assertThat(InjectedPod.of(held).isReady()).isTrue();
        assertThat(InjectedPod.of(held).serviceAccount()).isEqualTo("cart");
    }
}
