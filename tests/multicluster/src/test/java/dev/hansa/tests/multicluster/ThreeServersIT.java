package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three servers in eks, one in lke, as processes: what was acknowledged by whichever server stays,
/// whoever dies; one leads, the others pass on; a minority refuses and says so.
// shows: DELETE /v1/operator/raft/peer
class ThreeServersIT {
    /// An election takes 2.4 s at most, twice that on a busy machine; then the peer dials again.
    private static final Duration SEEN = Duration.ofSeconds(30);

    /// What is promised of a peer's stream whose owner dies: from the kill until both sides show it
    /// as active.
    private static final Duration TAKEN_OVER = Duration.ofSeconds(3);

    /// Of it, from the next leader's first write on; an election takes 1.3 s mostly.
    private static final Duration AFTER_THE_WRITE = Duration.ofMillis(1_400);

    /// From the next leader's first write on. A connection that nothing comes over is given up
    /// after ten seconds at the earliest.
    private static final Duration LISTENING = Duration.ofSeconds(6);

    /// An election on a busy machine, and a second for a last word; whoever waits until the
    /// connection to the silent one is given up waits for twenty.
    private static final Duration LEFT = Duration.ofSeconds(15);

    /// As long as nobody else is elected, and what a leader that says nothing is not asked after.
    private static final int SILENT_MILLIS = 800;

    private static final int EARLY = 20;

    /// Deaths of a leader; twice as many where these were not in time.
    private static final int ROUNDS = 3;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path folder;
    private ServerGroup eks;
    private ServerGroup lke;

    @BeforeEach
    void start() throws Exception {
        eks = new ServerGroup("eks", "127.111.0", folder, 3, List.of());
        lke = new ServerGroup("lke", "127.112.0", folder, 1, List.of());
        lke.start(0);
        eks.start();
        lke.awaitAnswer(0);
    }

    @AfterEach
    void stop() {
        eks.close();
        lke.close();
    }

    private static String config(String name, String protocol) throws IOException {
        return ServerGroup.text(
                Map.of("Kind", "service-defaults", "Name", name, "Protocol", protocol));
    }

    private static void register(ServerGroup at, int number, String service) throws Exception {
        at.must(
                number,
                "PUT",
                "/v1/catalog/register",
                ServerGroup.text(
                        Map.of(
                                "Node",
                                "node-" + service,
                                "Address",
                                "192.0.2.1",
                                "Service",
                                Map.of("ID", service, "Service", service, "Port", 80))));
    }

    private int follower() {
        var leader = eks.awaitLeader();
        return eks.running().stream().filter(one -> one != leader).findFirst().orElseThrow();
    }

    @Test
    void nothingAcknowledgedIsLostWhoeverDiesAndThePeerFindsTheNextLeader() throws Exception {
        // the token is made at one follower; the peer exchanges its secret at whichever server
        var token =
                eks.must(follower(), "POST", "/v1/peering/token", "{\"PeerName\":\"lke\"}")
                        .path("PeeringToken")
                        .asText();
        lke.must(
                0,
                "POST",
                "/v1/peering/establish",
                ServerGroup.text(Map.of("PeerName", "eks", "PeeringToken", token)));
        eks.must(
                follower(),
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"api\",\"Consumers\":[{\"Peer\":\"lke\"}]}]}");
        register(eks, follower(), "api");
        await().atMost(SEEN)
                .until(() -> lke.must(0, "GET", "/v1/health/service/api?peer=eks", "").size() == 1);

        var takeovers = new ArrayList<Duration>();
        var afterWrites = new ArrayList<Duration>();
        var written = new HashMap<String, String>();
        for (var round = 0;
                round < ROUNDS || round < 2 * ROUNDS && !areInTime(takeovers, afterWrites);
                round++) {
            var leader = eks.awaitLeader();
            for (var number : eks.running()) {
                var name = "s" + round + "-" + number;
                eks.must(number, "PUT", "/v1/config", config(name, "http"));
                written.put(name, "http");
            }
            var began = System.nanoTime();
            eks.kill(leader);
            var asked = eks.running().getFirst();
            await().atMost(SEEN)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() ->
                            eks.send(asked, "PUT", "/v1/config", config("probe", "http"))
                                            .statusCode()
                                    == 200);
            var writes = Duration.ofNanos(System.nanoTime() - began);
            await().atMost(SEEN)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> eks.isActive(asked, "lke") && lke.isActive(0, "eks"));
            var stream = Duration.ofNanos(System.nanoTime() - began);
            takeovers.add(stream);
            afterWrites.add(stream.minus(writes));
            System.out.println(
                    "leader killed: next write after "
                            + writes.toMillis()
                            + " ms, peer stream after "
                            + stream.toMillis()
                            + " ms");
            for (var name : written.keySet()) {
                for (var number : eks.running()) {
                    assertThat(
                                    eks.must(
                                                    number,
                                                    "GET",
                                                    "/v1/config/service-defaults/" + name,
                                                    "")
                                            .path("Protocol")
                                            .asText())
                            .as(name + " at " + number)
                            .isEqualTo("http");
                }
            }
            eks.start(leader);
            eks.awaitAnswer(leader);
            await().atMost(SEEN)
                    .until(() -> eks.health(leader).path("leader").asText().length() > 0);
        }
        assertThat(areInTime(takeovers, afterWrites))
                .as(
                        "from a leader's death, and from the next one's first write, until the peer's stream is the next one's: "
                                + takeovers
                                + afterWrites)
                .isTrue();
        // what was withdrawn under the one leader is not seen again under the next
        eks.must(follower(), "DELETE", "/v1/config/exported-services/default", "");
        await().atMost(SEEN)
                .until(() -> lke.must(0, "GET", "/v1/health/service/api?peer=eks", "").isEmpty());
        var dead = eks.awaitLeader();
        eks.kill(dead);
        eks.awaitLeader();
        assertThat(lke.must(0, "GET", "/v1/health/service/api?peer=eks", "")).isEmpty();

        // who leads after a leader that dies with the peer has never heard that
        lke.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"back\",\"Consumers\":[{\"Peer\":\"eks\"}]}]}");
        register(lke, 0, "back");
        eks.start(dead);
        eks.awaitAnswer(dead);
        for (var number : eks.running()) {
            await().atMost(SEEN).until(() -> importsFrom(number, "fresh"));
        }
        eks.kill(eks.awaitLeader());
        lke.kill(0);
        var silent = Instant.now();
        var next = eks.awaitLeader();
        await().atMost(SEEN).until(() -> importsFrom(next, "stale"));
        assertThat(eks.must(next, "GET", "/v1/health/service/back?peer=lke", "")).hasSize(1);
        // how old it is says whoever leads next from when it was heard, not from its own beginning
        var since = Duration.between(silent, Instant.now());
        assertThat(dataAge(next)).isGreaterThanOrEqualTo(since);
    }

    /// On a machine that starves its processes the best tells; twice is late for two.
    private static boolean areInTime(List<Duration> takeovers, List<Duration> afterWrites) {
        var sorted = takeovers.stream().sorted().toList();
        return sorted.getFirst().compareTo(TAKEN_OVER) < 0
                && sorted.get(1).compareTo(TAKEN_OVER.multipliedBy(2)) < 0
                && afterWrites.stream().sorted().toList().get(1).compareTo(AFTER_THE_WRITE) < 0;
    }

    private Duration dataAge(int asked) throws Exception {
        var line = Pattern.compile("peer_data_age_seconds\\{.*peer=\"lke\".*} ([0-9.Ee+-]+)");
        var found = line.matcher(eks.metrics(asked));
        assertThat(found.find()).isTrue();
        return Duration.ofMillis((long) (Double.parseDouble(found.group(1)) * 1000));
    }

    /// Whether the server has what was exported to eks, and how it shows it.
    private boolean importsFrom(int asked, String shown) throws Exception {
        var all = eks.must(asked, "GET", "/v1/hansa/imported-services?stale", "");
        return all.size() == 1 && all.path(0).path("Stale").asBoolean() == shown.equals("stale");
    }

    private void peer() throws Exception {
        lke.peerWith(eks);
        await().atMost(SEEN).until(() -> eks.isActive(0, "lke"));
    }

    /// Sent: the kernel has it, whatever the server does.
    private Socket asking(int number, String method, String path) throws IOException {
        var socket = new Socket(eks.host(number), 8500);
        socket.setSoTimeout((int) SEEN.toMillis());
        socket.getOutputStream()
                .write(
                        (method
                                        + " "
                                        + path
                                        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /// Whether the one that leads shows so many servers to be well.
    private boolean areWell(int servers, int asked) throws Exception {
        var answer = eks.send(asked, "GET", "/v1/health/service/consul?passing", "");
        // in between nobody leads
        return answer.statusCode() == 200 && JSON.readTree(answer.body()).size() == servers;
    }

    /// Whether it has not heard the leader for long, or knows of it no more.
    private boolean missesLeader(int asked, String leader) throws Exception {
        var silence =
                eks.send(asked, "GET", "/v1/config/mesh?stale", "")
                        .headers()
                        .firstValueAsLong("X-Consul-LastContact")
                        .orElseThrow();
        return silence > SILENT_MILLIS || !eks.health(asked).path("leader").asText().equals(leader);
    }

    /// Whether a write is done; where nobody is elected in time, or whoever was is not for long, it
    /// is refused, but not because the silent one was asked.
    private boolean isTakenByTheNext(int asked, int silent) throws Exception {
        var answer = eks.send(asked, "PUT", "/v1/config", config("while-silent", "http"));
        assertThat(answer.body()).doesNotContain(eks.host(silent) + ":8300");
        System.out.println("while the leader is silent: " + answer.body());
        return answer.statusCode() == 200;
    }

    @Test
    void pausedLeaderIsFencedAndItsStreamEnds() throws Exception {
        peer();
        var leader = eks.awaitLeader();
        var other = eks.running().stream().filter(one -> one != leader).findFirst().orElseThrow();
        var name = eks.health(leader).path("member").asText();
        var index =
                eks.send(other, "GET", "/v1/config/mesh", "")
                        .headers()
                        .firstValue("X-Consul-Index")
                        .orElseThrow();
        try (var waiting = asking(other, "GET", "/v1/config/mesh?wait=5m&index=" + index);
                var writers = Executors.newVirtualThreadPerTaskExecutor()) {
            eks.signal(leader, "STOP");
            var early =
                    writers.submit(() ->
                            eks.send(
                                            other,
                                            "PUT",
                                            "/v1/config",
                                            config("while-pausing", "http"),
                                            LEFT)
                                    .statusCode());
            // who is known to be silent is asked nothing: it is kept for the next one
            await().atMost(SEEN).until(() -> missesLeader(other, name));
            await().atMost(SEEN).until(() -> isTakenByTheNext(other, leader));
            // done or not: nobody knows, and that is said
            assertThat(early.get()).isIn(200, 500);
            // what only reads is asked again where it is known
            waiting.setSoTimeout((int) LEFT.toMillis());
            assertThat(new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 200");
        }
        await().atMost(SEEN)
                .until(() ->
                        eks.send(other, "PUT", "/v1/config", config("while-paused", "http"))
                                        .statusCode()
                                == 200);
        // the third server does not wait until the connection to the former leader is given up
        await().atMost(LISTENING).until(() -> areWell(2, other));
        // the peer notices by itself that nobody answers any more
        await().atMost(Duration.ofMinutes(1))
                .until(() -> eks.isActive(other, "lke") && lke.isActive(0, "eks"));

        // asked before it goes on, and read by one that still believes that it leads
        // a refusal is a fence as well; what it has of its own would be 404
        var early = new ArrayList<Socket>();
        for (var i = 0; i < EARLY; i++) {
            early.add(asking(leader, "GET", "/v1/config/service-defaults/while-paused"));
        }
        // what it holds has no such peering, and nothing to delete
        var late = new ArrayList<Socket>();
        eks.must(other, "POST", "/v1/peering/token", "{\"PeerName\": \"made-while-paused\"}");
        for (var i = 0; i < EARLY; i++) {
            late.add(asking(leader, "DELETE", "/v1/peering/made-while-paused"));
        }
        eks.signal(leader, "CONT");
        await().atMost(SEEN).until(() -> eks.says(leader, "stream with peer 'lke' ended"));
        for (var socket : early) {
            try (socket) {
                assertThat(
                                new String(
                                        socket.getInputStream().readAllBytes(),
                                        StandardCharsets.UTF_8))
                        .satisfiesAnyOf(
                                told ->
                                        assertThat(told)
                                                .startsWith("HTTP/1.1 200")
                                                .contains("\"Protocol\":\"http\""),
                                told -> assertThat(told).startsWith("HTTP/1.1 500"));
            }
        }
        var deleted = false;
        for (var socket : late) {
            try (socket) {
                deleted |=
                        new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                                .startsWith("HTTP/1.1 200");
            }
        }
        if (deleted) {
            await().atMost(SEEN)
                    .untilAsserted(() ->
                            assertThat(
                                            eks.send(
                                                            other,
                                                            "GET",
                                                            "/v1/peering/made-while-paused",
                                                            "")
                                                    .statusCode())
                                    .as("told to be deleted")
                                    .isEqualTo(404));
        }
        await().atMost(SEEN).until(() -> !eks.health(leader).path("leads").asBoolean());
        assertThat(
                        eks.must(leader, "GET", "/v1/config/service-defaults/while-paused", "")
                                .path("Protocol")
                                .asText())
                .isEqualTo("http");
        await().atMost(SEEN).until(() -> eks.isActive(leader, "lke") && lke.isActive(0, "eks"));

        // nobody stays with a former leader that lives
        await().atMost(SEEN).until(() -> areWell(3, leader));
        var former = eks.awaitLeader();
        eks.must(former, "POST", "/v1/operator/raft/transfer-leader", "");
        await().atMost(SEEN).until(() -> !eks.health(former).path("leads").asBoolean());
        await().atMost(LISTENING).until(() -> areWell(3, former));
    }

    @Test
    void minorityTakesNoWriteSaysSoAndAnswersWhatMayBeStale() throws Exception {
        eks.must(follower(), "PUT", "/v1/config", config("kept", "http"));
        // two of three acknowledge; the one that is left must not be the third
        var kept = "/v1/config/service-defaults/kept?stale";
        for (var number : eks.running()) {
            await().atMost(SEEN).until(() -> eks.send(number, "GET", kept, "").statusCode() == 200);
        }
        for (var number : eks.running()) {
            await().atMost(SEEN).until(() -> eks.isReady(number));
        }
        var heard = eks.send(follower(), "GET", kept, "");
        assertThat(heard.headers().firstValue("X-Consul-KnownLeader")).contains("true");
        eks.kill(eks.awaitLeader());
        eks.kill(eks.awaitLeader());
        var left = eks.running().getFirst();

        await().atMost(SEEN).until(() -> eks.health(left).path("leader").asText().isEmpty());
        for (var query : List.of("", "&index=1")) {
            var stale = eks.send(left, "GET", kept + query, "");
            assertThat(stale.statusCode()).as(stale.body()).isEqualTo(200);
            assertThat(stale.headers().firstValue("X-Consul-KnownLeader")).contains("false");
            assertThat(stale.headers().firstValueAsLong("X-Consul-LastContact").orElse(0))
                    .isPositive();
        }
        // whoever replaces servers one after another waits for it
        assertThat(eks.isReady(left)).isFalse();
        var refused = eks.send(left, "PUT", "/v1/config", config("lost", "http"));
        assertThat(refused.statusCode()).isEqualTo(500);
        assertThat(refused.body()).contains("No cluster leader");
        assertThat(eks.must(left, "GET", "/v1/status/leader", "").asText()).isEmpty();
        assertThat(eks.must(left, "GET", kept, "").path("Protocol").asText()).isEqualTo("http");

        for (var number = 0; number < eks.count(); number++) {
            if (!eks.isRunning(number)) {
                eks.start(number);
            }
        }
        await().atMost(SEEN)
                .until(() ->
                        eks.send(left, "PUT", "/v1/config", config("after", "http")).statusCode()
                                == 200);
        assertThat(eks.isReady(left)).isTrue();
        // whoever leads asks the others before it answers, and waits for connections to them
        var read = eks.send(left, "GET", "/v1/config/service-defaults/lost", "");
        assertThat(read.statusCode()).as(read.body()).isEqualTo(404);
        killAllAndStartThemAgain();
    }

    /// As when the power of a datacenter fails.
    private void killAllAndStartThemAgain() throws Exception {
        for (var number : eks.running()) {
            eks.kill(number);
        }
        var began = System.nanoTime();
        for (var number = 0; number < eks.count(); number++) {
            eks.start(number);
        }
        await().atMost(SEEN)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> eks.running().stream().anyMatch(this::takesWrites));
        var first = Duration.ofNanos(System.nanoTime() - began);
        await().atMost(SEEN)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> eks.running().stream().allMatch(this::takesWrites));
        System.out.println(
                "all servers killed: next write after "
                        + first.toMillis()
                        + " ms, at each of them after "
                        + Duration.ofNanos(System.nanoTime() - began).toMillis()
                        + " ms");
        assertThat(eks.running()).hasSize(eks.count());
    }

    private boolean takesWrites(int number) {
        try {
            return eks.send(number, "PUT", "/v1/config", config("probe", "http")).statusCode()
                    == 200;
        } catch (IOException _) {
            return false; // not listening yet
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void serverJoinsOnceForATokenAndIsRemovedByCommand() throws Exception {
        var used = Files.readString(folder.resolve("eks-1.token"));
        var late = new ServerGroup("eks", "127.113.0", folder.resolve("late"), 2, List.of());
        try (late) {
            Files.createDirectories(folder.resolve("late"));
            Files.writeString(folder.resolve("late/eks-1.token"), used);
            late.start(1);
            await().atMost(SEEN).until(() -> late.running().isEmpty());
        }

        var dead = follower();
        var name = eks.health(dead).path("member").asText();
        eks.kill(dead);
        eks.must(eks.awaitLeader(), "DELETE", "/v1/operator/raft/peer?id=" + name, "");
        var left = eks.must(follower(), "GET", "/v1/operator/raft/configuration", "");
        assertThat(left.path("Servers").size()).isEqualTo(2);
        assertThat(left.toString()).doesNotContain(name);

        // with an empty data directory and a token of its own it is a new server
        try (var files = Files.walk(eks.data(dead))) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        Files.writeString(
                folder.resolve("eks-" + dead + ".token"), eks.serverToken(eks.awaitLeader()));
        eks.start(dead);
        eks.awaitAnswer(dead);
        await().atMost(SEEN)
                .until(() ->
                        eks.must(dead, "GET", "/v1/operator/raft/configuration", "")
                                        .path("Servers")
                                        .size()
                                == 3);
    }
}
