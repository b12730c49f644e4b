package dev.hansa.kubernetes.install;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Secrets and ConfigMaps of one namespace. What two make at once is the first one's.
final class Keeping {
    private static final int CONFLICT = 409;

    private static final Map<String, String> LABELS =
            Map.of(
                    "app.kubernetes.io/part-of", "hansa",
                    "app.kubernetes.io/managed-by", "hansa-bootstrap");

    private final KubernetesClient client;
    private final String namespace;

    Keeping(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    Optional<Secret> secret(String name) {
        return Optional.ofNullable(client.secrets().inNamespace(namespace).withName(name).get());
    }

    /// @throws IllegalStateException when the Secret has no such key
    static String value(Secret secret, String key) {
        var coded = secret.getData() == null ? null : secret.getData().get(key);
        if (coded == null || coded.isEmpty()) {
            throw new IllegalStateException(
                    "Secret '"
                            + secret.getMetadata().getName()
                            + "': expected the key '"
                            + key
                            + "'; found "
                            + (secret.getData() == null ? "no keys" : secret.getData().keySet()));
        }
        return new String(Base64.getDecoder().decode(coded), StandardCharsets.UTF_8).strip();
    }

    /// Makes a Secret, never over one that is there.
    ///
    /// @return what is there now: ours, or that of whoever was first
    Secret made(String name, String type, Map<String, String> values) {
        try {
            return client.secrets()
                    .inNamespace(namespace)
                    .resource(secret(name, type, values))
                    .create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw e;
            }
            return secret(name).orElseThrow(() -> e);
        }
    }

    /// Writes over a Secret that nobody has changed since it was read.
    void replace(Secret before, Map<String, String> values) {
        var data = new HashMap<String, String>();
        values.forEach((key, value) -> data.put(key, coded(value)));
        client.secrets()
                .inNamespace(namespace)
                .resource(new SecretBuilder(before).withData(data).build())
                .update();
    }

    private Secret secret(String name, String type, Map<String, String> values) {
        var data = new HashMap<String, String>();
        values.forEach((key, value) -> data.put(key, coded(value)));
        return new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .withLabels(LABELS)
                .endMetadata()
                .withType(type)
                .withData(data)
                .build();
    }

    private static String coded(String value) {
        return Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8));
    }

    Optional<ConfigMap> configMap(String name) {
        return Optional.ofNullable(client.configMaps().inNamespace(namespace).withName(name).get());
    }

    /// Makes a ConfigMap, or gives the one that is there these values, in place of whatever it has.
    void keep(String name, Map<String, String> values) {
        var before = configMap(name);
        if (before.isEmpty()) {
            client.configMaps()
                    .inNamespace(namespace)
                    .resource(
                            new ConfigMapBuilder()
                                    .withNewMetadata()
                                    .withName(name)
                                    .withNamespace(namespace)
                                    .withLabels(LABELS)
                                    .endMetadata()
                                    .withData(values)
                                    .build())
                    .create();
        } else if (!values.equals(before.get().getData())) {
            replace(before.get(), values);
        }
    }

    /// Writes over a ConfigMap that nobody has changed since it was read.
    ///
    /// @throws KubernetesClientException with code 409 when somebody has
    void replace(ConfigMap before, Map<String, String> values) {
        client.configMaps()
                .inNamespace(namespace)
                .resource(new ConfigMapBuilder(before).withData(values).build())
                .update();
    }
}
