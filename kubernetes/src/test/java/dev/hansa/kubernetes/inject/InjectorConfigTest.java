package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.Settings;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InjectorConfigTest {
    @Test
    void mistakesInSettingsAreToldTogether() {
        var settings =
                Map.of(
                        "http-addr", "ftp://x",
                        "deny-namespaces", "*",
                        "failure-policy", "fail",
                        "sidecar.memory-limit", "lots",
                        "cacert", "/nowhere",
                        "image-pull-secrets", "registry,My_Registry");

        assertThatThrownBy(() ->
                        InjectorConfig.read(
                                Settings.of(settings, Map.of(), Optional.empty()), "here"))
                .hasMessageContaining("image: expected an image")
                .hasMessageContaining("http-addr: expected host:port or a URL")
                .hasMessageContaining("deny-namespaces: expected at most 256 names")
                .hasMessageContaining("failure-policy: expected Fail or Ignore")
                .hasMessageContaining("sidecar.memory-limit: expected a quantity")
                .hasMessageContaining("cacert: expected certificates")
                .hasMessageContaining("image-pull-secrets: expected at most 8 names of Secrets");
    }
}
