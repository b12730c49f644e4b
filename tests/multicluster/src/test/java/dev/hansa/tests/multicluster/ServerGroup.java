package dev.hansa.tests.multicluster;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The servers of one datacenter, each a process with its own data directory, at
/// `<prefix>.<number>` from 1. The first begins; the others join it with tokens of their own.
final class ServerGroup implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration START = Duration.ofMinutes(2);

    private final String name;
    private final String prefix;
    private final Path folder;
    private final List<String> flags;
    private final IntFunction<List<String>> before;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final @Nullable Process[] processes;
    private final Map<Integer, Path> logs = new HashMap<>();
    private final Map<Integer, String> moved = new HashMap<>();
    private final Map<Integer, Path> disks = new HashMap<>();
    private final List<Process> lost = new ArrayList<>();
    private IntFunction<Optional<String>> names = _ -> Optional.empty();
    private int started;

    /// @param prefix of its loopback addresses, e.g. `127.60.0`
    /// @param flags more of each server
    ServerGroup(String name, String prefix, Path folder, int count, List<String> flags) {
        this(name, prefix, folder, count, flags, _ -> List.of());
    }

    /// @param before words of a command that becomes the server, by its number
    ServerGroup(
            String name,
            String prefix,
            Path folder,
            int count,
            List<String> flags,
            IntFunction<List<String>> before) {
        this.before = before;
        this.name = name;
        this.prefix = prefix;
        this.folder = folder;
        this.flags = List.copyOf(flags);
        this.processes = new Process[count];
    }

    String name() {
        return name;
    }

    int count() {
        return processes.length;
    }

    String host(int number) {
        return moved.getOrDefault(number, prefix + "." + (number + 1));
    }

    /// From its next life on it listens elsewhere.
    void move(int number, String address) {
        moved.put(number, address);
    }

    /// From their next lives on the others are told a name of each, and not its address.
    void named(IntFunction<String> name) {
        names = number -> Optional.of(name.apply(number));
    }

    /// All of them, until each answers.
    void start() throws IOException, InterruptedException {
        start(0);
        awaitAnswer(0);
        for (var number = 1; number < count(); number++) {
            startWithToken(number, 0);
        }
        for (var number = 1; number < count(); number++) {
            awaitAnswer(number);
        }
    }

    /// Its first life, in which it joins.
    ///
    /// @param asked for its token
    void startWithToken(int number, int asked) throws IOException, InterruptedException {
        Files.writeString(token(number), serverToken(asked));
        start(number);
    }

    String serverToken(int asked) throws IOException, InterruptedException {
        return joinToken(asked, "{\"Server\":true}");
    }

    private String joinToken(int asked, String body) throws IOException, InterruptedException {
        return must(asked, "POST", "/v1/hansa/join-token", body).path("JoinToken").asText();
    }

    /// A join token of the first server's, in a file.
    ///
    /// @param body what it is for
    Path joinToken(Path file, String body) throws IOException, InterruptedException {
        return Files.writeString(file, joinToken(0, body));
    }

    /// Makes the other a peer, each under its datacenter's name; it accepts.
    void peerWith(ServerGroup acceptor) throws IOException, InterruptedException {
        var token =
                acceptor.must(0, "POST", "/v1/peering/token", text(Map.of("PeerName", name)))
                        .path("PeeringToken")
                        .asText();
        must(
                0,
                "POST",
                "/v1/peering/establish",
                text(Map.of("PeerName", acceptor.name, "PeeringToken", token)));
    }

    /// Asks for a service-resolver that says nothing.
    ///
    /// @return the answer's status
    int putResolver(int asked, String service) throws IOException, InterruptedException {
        return send(
                        asked,
                        "PUT",
                        "/v1/config",
                        text(Map.of("Kind", "service-resolver", "Name", service)))
                .statusCode();
    }

    private Path token(int number) {
        return folder.resolve(name + "-" + number + ".token");
    }

    Path data(int number) {
        return disks.getOrDefault(number, folder.resolve(name + "-" + number));
    }

    /// With what an earlier life has left in its data directory, if there was one.
    void start(int number) throws IOException {
        var words = new ArrayList<>(List.of("server", "--datacenter", name));
        words.addAll(List.of("--data-dir", data(number).toString()));
        words.addAll(List.of("--http-address", host(number) + ":8500"));
        if (!prefix.startsWith("127.")) {
            // a network of the test's own, in which there is nobody else
            words.addAll(List.of("--http-open-to-everyone-on-the-network", "true"));
        }
        var told = names.apply(number).orElse(host(number));
        words.addAll(List.of("--proxy-address", told + ":8502"));
        words.addAll(List.of("--peer-address", told + ":8503"));
        words.addAll(List.of("--admin-address", host(number) + ":19500"));
        words.addAll(List.of("--raft-address", told + ":8300"));
        if (!told.equals(host(number))) {
            words.addAll(List.of("--bind-host", host(number)));
        }
        words.addAll(List.of("--dns-address", host(number) + ":8600"));
        words.addAll(flags);
        words.add("--exit-with-parent");
        if (number > 0) {
            words.addAll(List.of("--join-token-file", token(number).toString()));
        }
        var log = Checkout.target("group-" + name + "-" + number + "-" + started++ + ".log");
        logs.put(number, log);
        processes[number] =
                Checkout.start(log, Map.of(), before.apply(number), words.toArray(String[]::new));
    }

    /// Whether the process that runs there has said so in its log.
    boolean says(int number, String words) throws IOException {
        return Files.readString(log(number)).contains(words);
    }

    /// Of its newest life.
    Path log(int number) {
        return Objects.requireNonNull(logs.get(number), name + " " + number);
    }

    void awaitAnswer(int number) {
        await().atMost(START).until(() -> answers(number));
    }

    private boolean answers(int number) throws InterruptedException {
        var process = processes[number];
        if (process == null || !process.isAlive()) {
            throw new AssertionError(name + " " + number + ": expected to run; found ended");
        }
        try {
            return send(number, "GET", "/v1/catalog/services", "").statusCode() == 200;
        } catch (IOException _) {
            return false; // not listening yet
        }
    }

    /// Until a majority can elect: so many take connections of the others. Their other ports open
    /// once there is a leader.
    void awaitMajority() {
        await().atMost(START)
                .pollInterval(Duration.ofMillis(20))
                .until(() ->
                        IntStream.range(0, count()).filter(this::hearsOthers).count()
                                > count() / 2);
    }

    private boolean hearsOthers(int number) {
        return EchoLoad.isListening(new InetSocketAddress(host(number), 8300));
    }

    boolean isRunning(int number) {
        var process = processes[number];
        return process != null && process.isAlive();
    }

    long pid(int number) {
        return Objects.requireNonNull(processes[number], name + " " + number).pid();
    }

    List<Integer> running() {
        return IntStream.range(0, count()).filter(this::isRunning).boxed().toList();
    }

    /// SIGKILL.
    void kill(int number) throws InterruptedException {
        var process = processes[number];
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        processes[number] = null;
    }

    /// Its machine goes without a word: connections to it stand, and nothing answers any more. Its
    /// next life has what its disk had.
    void lose(int number) throws IOException, InterruptedException {
        signal(number, "STOP");
        lost.add(Objects.requireNonNull(processes[number], name + " " + number));
        processes[number] = null;
        var disk = data(number);
        var next = folder.resolve(name + "-" + number + "-after-" + lost.size());
        try (var files = Files.walk(disk)) {
            for (var file : files.toList()) {
                Files.copy(file, next.resolve(disk.relativize(file)));
            }
        }
        disks.put(number, next);
    }

    /// @param signal `STOP` or `CONT`
    void signal(int number, String signal) throws IOException, InterruptedException {
        var process = processes[number];
        if (process != null) {
            new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        }
    }

    /// Which one says that it leads; empty when none does now.
    Optional<Integer> leader() throws InterruptedException {
        for (var number : running()) {
            try {
                if (health(number).path("leads").asBoolean()) {
                    return Optional.of(number);
                }
            } catch (IOException _) {
                // dead, or stopped
            }
        }
        return Optional.empty();
    }

    int awaitLeader() {
        return await().atMost(START).until(this::leader, Optional::isPresent).orElseThrow();
    }

    JsonNode health(int number) throws IOException, InterruptedException {
        return JSON.readTree(admin(number, "/health").body());
    }

    String metrics(int number) throws IOException, InterruptedException {
        return admin(number, "/metrics").body();
    }

    boolean isReady(int number) throws IOException, InterruptedException {
        return admin(number, "/ready").statusCode() == 200;
    }

    private HttpResponse<String> admin(int number, String path)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + host(number) + ":19500" + path))
                        .timeout(Duration.ofSeconds(2))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> send(int number, String method, String path, String body)
            throws IOException, InterruptedException {
        return send(number, method, path, body, Duration.ofSeconds(20));
    }

    HttpResponse<String> send(int number, String method, String path, String body, Duration limit)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + host(number) + ":8500" + path))
                        .timeout(limit)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    JsonNode must(int number, String method, String path, String body)
            throws IOException, InterruptedException {
        var answer = send(number, method, path, body);
        if (answer.statusCode() != 200) {
            throw new AssertionError(
                    method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body());
    }

    /// Also false where it does not answer.
    boolean isActive(int number, String peer) {
        try {
            return must(number, "GET", "/v1/peering/" + peer, "")
                    .path("State")
                    .asText()
                    .equals("ACTIVE");
        } catch (IOException | AssertionError _) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    static String text(Map<String, ?> body) throws IOException {
        return JSON.writeValueAsString(body);
    }

    @Override
    public void close() {
        for (var process : processes) {
            if (process != null) {
                process.destroyForcibly();
            }
        }
        lost.forEach(Process::destroyForcibly);
        client.close();
    }
}
