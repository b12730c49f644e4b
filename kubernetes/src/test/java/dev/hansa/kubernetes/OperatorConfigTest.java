package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorConfigTest {
    private static OperatorConfig read(Map<String, String> flags, Map<String, String> environment)
            throws InvalidConfigException {
        return OperatorConfig.read(Settings.of(flags, environment, Optional.empty()), "pod-1");
    }

    @Test
    void defaultsAreThoseOfTheDocuments() throws InvalidConfigException {
        var config = read(Map.of("cluster", "prod"), Map.of());

        assertThat(config.access().base()).isEqualTo(URI.create("http://127.0.0.1:8500"));
        assertThat(config.access().caFile()).isEmpty();
        assertThat(config.access().tokenFile()).isEmpty();
        assertThat(config.cluster()).isEqualTo("prod");
        assertThat(config.namespaces()).isEmpty();
        assertThat(config.consulGroup()).isFalse();
        assertThat(config.catalog()).isFalse();
        assertThat(config.lease().namespace()).isEqualTo("hansa");
        assertThat(config.lease().name()).isEqualTo("hansa-operator");
        assertThat(config.lease().identity()).isEqualTo("pod-1");
        assertThat(config.lease().duration()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.resync()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.abandonAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.adminAddress().getPort()).isEqualTo(19600);
    }

    @Test
    void eachKeyIsReadAndSoAreTheVariablesOfOtherCommands() throws InvalidConfigException {
        var config =
                read(
                        Map.ofEntries(
                                Map.entry("cluster", "one"),
                                Map.entry("namespaces", "shop, team"),
                                Map.entry("consul-group", "true"),
                                Map.entry("kubernetes.catalog", "true"),
                                Map.entry("lease.namespace", "ops"),
                                Map.entry("lease.name", "writer"),
                                Map.entry("lease.duration", "40s"),
                                Map.entry("identity", "me"),
                                Map.entry("resync", "5m"),
                                Map.entry("abandon-after", "1h"),
                                Map.entry("admin.address", "0.0.0.0:1")),
                        Map.of(
                                "HANSA_HTTP_ADDR", "https://hansa.example:8501",
                                "HANSA_CACERT", "/ca.pem",
                                "HANSA_TOKEN_FILE", "/token"));

        assertThat(config.access().base()).isEqualTo(URI.create("https://hansa.example:8501"));
        assertThat(config.access().caFile()).contains(Path.of("/ca.pem"));
        assertThat(config.access().tokenFile()).contains(Path.of("/token"));
        assertThat(config.cluster()).isEqualTo("one");
        assertThat(config.namespaces()).isEqualTo(Set.of("shop", "team"));
        assertThat(config.consulGroup()).isTrue();
        assertThat(config.catalog()).isTrue();
        assertThat(config.lease().namespace()).isEqualTo("ops");
        assertThat(config.lease().name()).isEqualTo("writer");
        assertThat(config.lease().identity()).isEqualTo("me");
        assertThat(config.lease().duration()).isEqualTo(Duration.ofSeconds(40));
        assertThat(config.resync()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.abandonAfter()).isEqualTo(Duration.ofHours(1));
        assertThat(config.adminAddress().getPort()).isEqualTo(1);
    }

    @Test
    void clusterHasNoNameByItself() {
        assertThatThrownBy(() -> read(Map.of(), Map.of()))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("cluster");
    }

    @Test
    void mistakesAreToldTogether() {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "http-addr", "ftp://x",
                                        "cluster", "Upper",
                                        "namespaces", "a,B",
                                        "lease.duration", "5s",
                                        "resync", "soon",
                                        "clustr", "x"),
                                Map.of()))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContainingAll(
                        "http-addr: expected host:port",
                        "cluster: expected 1 to 63",
                        "namespaces: expected at most 32",
                        "lease.duration: expected 20s",
                        "resync: expected a duration",
                        "clustr: no such setting; did you mean 'cluster'?");
    }

    @Test
    void addressWithAPasswordIsRefused() {
        assertThatThrownBy(() -> read(Map.of("http-addr", "http://u:pass@x:1"), Map.of()))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("found '...@x:1'")
                .hasMessageNotContaining("pass");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8500, false",
        "http://[::1]:8500, false",
        "localhost:8500, false",
        "https://hansa.example:8501, false",
        "http://hansa.example:8500, true",
        "http://192.0.2.1:8500, true",
    })
    void whatOthersCouldReadIsKnown(String address, boolean expected)
            throws InvalidConfigException {
        assertThat(
                        read(Map.of("http-addr", address, "cluster", "prod"), Map.of())
                                .access()
                                .isInTheClear())
                .isEqualTo(expected);
    }
}
