package dev.hansa.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.api.ApiAccess;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigTest {
    private static AgentConfig read(Map<String, String> settings) throws InvalidConfigException {
        return AgentConfig.read(Settings.of(settings, Map.of(), Optional.empty()), "host-1");
    }

    @Test
    void defaultsAreThoseOfTheTable() throws Exception {
        assertThat(read(Map.of("address", "192.0.2.7")))
                .isEqualTo(
                        new AgentConfig(
                                "host-1",
                                "192.0.2.7",
                                Map.of(),
                                List.of(
                                        new ApiAccess(
                                                URI.create("http://127.0.0.1:8500"),
                                                Optional.empty(),
                                                Optional.empty())),
                                Path.of("/etc/hansa/services"),
                                Path.of("/var/lib/hansa/agent"),
                                Duration.ofSeconds(15),
                                Duration.ofDays(3),
                                false,
                                InetSocketAddress.createUnresolved("127.0.0.1", 19700)));
    }

    @Test
    void everyKeyIsRead() throws Exception {
        var ca = Optional.of(Path.of("ca.pem"));
        var token = Optional.of(Path.of("token"));

        assertThat(
                        read(
                                Map.ofEntries(
                                        Map.entry("address", "db-1.example"),
                                        Map.entry("node-name", "db-1"),
                                        Map.entry("meta", "rack=3, zone = a"),
                                        Map.entry("http-addr", "https://a:8501, https://b:8501"),
                                        Map.entry("cacert", "ca.pem"),
                                        Map.entry("token-file", "token"),
                                        Map.entry("services-dir", "s"),
                                        Map.entry("data-dir", "d"),
                                        Map.entry("node-ttl", "4s"),
                                        Map.entry("reap-after", "0s"),
                                        Map.entry("leave-on-terminate", "true"),
                                        Map.entry("admin.address", "[::1]:1"))))
                .isEqualTo(
                        new AgentConfig(
                                "db-1",
                                "db-1.example",
                                Map.of("rack", "3", "zone", "a"),
                                List.of(
                                        new ApiAccess(URI.create("https://a:8501"), ca, token),
                                        new ApiAccess(URI.create("https://b:8501"), ca, token)),
                                Path.of("s"),
                                Path.of("d"),
                                Duration.ofSeconds(4),
                                Duration.ZERO,
                                true,
                                InetSocketAddress.createUnresolved("::1", 1)));
    }

    @Test
    void nameThatEveryMachineHasIsNoName() throws Exception {
        var settings = Settings.of(Map.of("address", "192.0.2.7"), Map.of(), Optional.empty());

        assertThatThrownBy(() -> AgentConfig.read(settings, "localhost.localdomain"))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(
                        "node-name: expected a name that no other machine has; found 'localhost.localdomain'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "address | 0.0.0.0 | address: expected an address or a name of this machine; found '0.0.0.0'",
                "node-name | a/b | node-name: expected a name without '/' and white space; found 'a/b'",
                "node-ttl | 1s | node-ttl: expected a duration from 2s to 10m; found '1s'",
                "reap-after | 5s | reap-after: expected 0s, for never, or a duration of at least 1m; found '5s'",
                "admin.address | 192.0.2.7:1 | admin.address: expected an address of loopback",
                "http-addr | user:word@a | found '...@a'",
                "token-file | t | http-addr: expected https:// where a token leaves this machine; found 'http://192.0.2.1:8500'"
            })
    void whatCannotBeMeantIsRefusedByName(String key, String value, String sentence) {
        var settings = new HashMap<>(Map.of("address", "192.0.2.7", "http-addr", "192.0.2.1:8500"));
        settings.put(key, value);

        assertThatThrownBy(() -> read(settings))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(sentence)
                .hasMessageNotContaining("word");
    }
}
