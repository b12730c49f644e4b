package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The servers of a datacenter that all died, as with its power, and are started again.
@Timeout(180)
class ServersStartTogetherTest {
    private static final int SERVERS = 3;

    @TempDir Path folder;

    /// Of each server: the API's, proxies', peers', the administrator's, the members'.
    private final List<List<Integer>> ports =
            List.of(FreePorts.some(5), FreePorts.some(5), FreePorts.some(5));

    private Path token(int number) {
        return folder.resolve("token-" + number);
    }

    private PeeringService start(int number) throws Exception {
        var settings = new HashMap<String, String>();
        settings.put("datacenter", "eks");
        settings.put("data-dir", folder.resolve("server-" + number).toString());
        settings.put("dns.address", "none");
        var names = List.of("http", "proxy", "peer", "admin", "raft");
        for (var i = 0; i < names.size(); i++) {
            settings.put(names.get(i) + ".address", "127.0.0.1:" + ports.get(number).get(i));
        }
        if (number > 0) {
            settings.put("join-token-file", token(number).toString());
        }
        return PeeringService.start(
                PeeringServiceConfig.read(Settings.of(settings, Map.of(), Optional.empty())),
                Clock.systemUTC());
    }

    private String serverToken() throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            var answer =
                    client.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:"
                                                            + ports.getFirst().getFirst()
                                                            + "/v1/hansa/join-token"))
                                    .POST(HttpRequest.BodyPublishers.ofString("{\"Server\":true}"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return new ObjectMapper().readTree(answer.body()).path("JoinToken").asText();
        }
    }

    private Duration timed(Closer running, int number) throws Exception {
        var begun = System.nanoTime();
        running.add(start(number));
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /// Nobody leads when they begin. A server opens its doors once it knows who does, and waits no
    /// longer for a role that it does not get.
    @Test
    void thoseThatFollowOpenTheirDoorsAsSoonAsOneIsElected() throws Exception {
        try (var first = new Closer()) {
            first.add(start(0));
            for (var number = 1; number < SERVERS; number++) {
                Files.writeString(token(number), serverToken());
                first.add(start(number));
            }
        }

        try (var again = new Closer();
                var starts = Executors.newVirtualThreadPerTaskExecutor()) {
            var starting = new ArrayList<Callable<Duration>>();
            for (var number = 0; number < SERVERS; number++) {
                var which = number;
                starting.add(() -> timed(again, which));
            }
            for (var took : starts.invokeAll(starting)) {
                assertThat(took.get()).isLessThan(Roles.HOLD);
            }
        }
    }
}
