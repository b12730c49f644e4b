package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.peering.discovery.FollowerDoor;
import dev.hansa.peering.store.StrangerCall;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/// Who uses the two datacenters while they are hurt: operators that write and read at whichever
/// server, joiners that show one secret twice, registrars ([SoakRegistrar]), those who make peering
/// tokens and those who have them ([SoakTokens]), who exports and who reads that ([SoakExporter]),
/// callers of a service. What each chooses is the seed's ([SoakChoices]).
final class SoakClients {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(15);
    static final Duration PROBE_LIMIT = Duration.ofSeconds(3);
    private static final int WRITERS = 4;
    private static final int READERS = 4;

    /// Of each kind: some have a connection for each word, some keep one.
    private static final int CALLERS = 6;

    private static final int WORDS = 1_000;

    /// At most, between two operations of one client, two calls on a connection of its own each,
    /// and two on the same: some 45 operations beside the 40 writes of the probes, and 180 calls a
    /// second of two cores that do nothing else. A run has to make 100, and with fewer on offer a
    /// busy machine made 107. Clients without pauses take all of the processors, and what is seen
    /// then is that, and not what a fault does.
    static final int OPERATION_MILLIS = 500;

    private static final int NEW_CALL_MILLIS = 400;
    private static final int CALL_MILLIS = 50;
    private static final int PROBES_AT_ONCE = 64;
    private static final int WORD = 32;
    private static final int CALL_LIMIT_MILLIS = 5_000;

    /// @param began and `ended` in `System.nanoTime`
    /// @param connected when the connection was made, if it has carried a word there and back
    record Failure(long began, long ended, OptionalLong connected, String what) {
        @Override
        public String toString() {
            return "from " + began / 1_000_000 + " to " + ended / 1_000_000 + " ms: " + what;
        }
    }

    private final SoakWorld world;
    private final SoakHistory history;
    private final long seed;
    private final Map<String, SoakGaps> control =
            Map.of("eks", new SoakGaps(), "lke", new SoakGaps());
    private final SoakGaps data = new SoakGaps();
    private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong requests = new AtomicLong();
    private volatile boolean isOver;

    SoakClients(SoakWorld world, SoakHistory history, long seed) {
        this.world = world;
        this.history = history;
        this.seed = seed;
    }

    SoakGaps control(String datacenter) {
        return control.getOrDefault(datacenter, data);
    }

    SoakGaps data() {
        return data;
    }

    List<Failure> failures() {
        return List.copyOf(failures);
    }

    long requests() {
        return requests.get();
    }

    void start() {
        data.success(System.nanoTime());
        var all = new SoakChoices(seed);
        for (var group : List.of(world.eks(), world.lke())) {
            for (var i = 0; i < WRITERS; i++) {
                var key = group.name() + "-k" + i;
                run("writer", all, own -> new Writer(group, key, own).run());
            }
            for (var i = 0; i < READERS; i++) {
                var name = group.name() + "-r" + i;
                run("reader", all, own -> read(group, name, own));
            }
            run("prober", all, _ -> probe(group));
            run("joiner", all, own -> join(group, own));
            run(
                    "registrar",
                    all,
                    own -> new SoakRegistrar(group, history, own, this::isOver).run());
            run("inviter", all, own -> new SoakTokens(group, history, own, this::isOver).invite());
        }
        run(
                "renewer",
                all,
                own -> new SoakTokens(world.lke(), history, own, this::isOver).renew(world.eks()));
        var eks = world.eks();
        run("exporter", all, own -> new SoakExporter(eks, history, own, this::isOver).run());
        run("importer", all, own -> new SoakExporter(eks, history, own, this::isOver).read());
        for (var i = 0; i < CALLERS; i++) {
            run("caller", all, own -> call(1, NEW_CALL_MILLIS, own));
            run("long-caller", all, own -> call(WORDS, CALL_MILLIS, own));
        }
    }

    private boolean isOver() {
        return isOver;
    }

    private interface Work {
        void run(SoakChoices own) throws InterruptedException;
    }

    private void run(String name, SoakChoices all, Work work) {
        var own = all.another();
        threads.add(
                Thread.ofVirtual()
                        .name(name)
                        .start(() -> {
                            try {
                                work.run(own);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } catch (RuntimeException | Error e) {
                                // who has stopped early has checked less
                                problems.add(name + ": " + e);
                            }
                        }));
    }

    /// What stopped a client before its time.
    List<String> problems() {
        return List.copyOf(problems);
    }

    void stop() throws InterruptedException {
        isOver = true;
        for (var thread : threads) {
            thread.join();
        }
    }

    /// 0 as its status when nobody knows what became of it.
    record Told(int status, String body) {
        boolean isKnown() {
            return status != 0;
        }
    }

    static Told ask(ServerGroup group, int number, String method, String path, String body)
            throws InterruptedException {
        try {
            HttpResponse<String> answer = group.send(number, method, path, body, LIMIT);
            return switch (answer.statusCode()) {
                case 200, 403, 404 -> new Told(answer.statusCode(), answer.body());
                default -> new Told(0, answer.body());
            };
        } catch (IOException e) {
            return new Told(0, e.toString());
        }
    }

    /// Where a key's value is, and under which index.
    private record At(long value, long index) {}

    private static At at(Told told) {
        if (told.status() == 404) {
            return new At(SoakHistory.ABSENT, 0);
        }
        var entry = json(told.body());
        return new At(
                Long.parseLong(entry.path("Meta").path("v").asText()),
                entry.path("ModifyIndex").asLong());
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException("expected JSON; found " + text, e);
        }
    }

    /// One key's only writer.
    private final class Writer {
        private final ServerGroup group;
        private final String key;
        private final SoakChoices choices;
        private long index;

        Writer(ServerGroup group, String key, SoakChoices choices) {
            this.group = group;
            this.key = key;
            this.choices = choices;
        }

        void run() throws InterruptedException {
            for (var value = 0L; !isOver; value++) {
                choices.nextRound();
                var begun = System.nanoTime();
                var told =
                        ask(
                                group,
                                choices.server(group),
                                "PUT",
                                "/v1/config?cas=" + index,
                                "{\"Kind\":\"service-defaults\",\"Name\":\""
                                        + key
                                        + "\",\"Protocol\":\"tcp\",\"Meta\":{\"v\":\""
                                        + value
                                        + "\"}}");
                var isTaken = told.status() == 200 && told.body().strip().equals("true");
                history.add(
                        new SoakHistory.Write(
                                SoakHistory.Kind.CONFIG_WRITE,
                                key,
                                value,
                                isTaken,
                                begun,
                                System.nanoTime()));
                choices.pause(OPERATION_MILLIS);
                while (!isOver && !readIndex()) {
                    choices.pause(100);
                }
            }
        }

        private boolean readIndex() throws InterruptedException {
            var begun = System.nanoTime();
            var told =
                    ask(
                            group,
                            choices.server(group),
                            "GET",
                            "/v1/config/service-defaults/" + key,
                            "");
            if (!told.isKnown()) {
                return false;
            }
            var at = at(told);
            history.add(
                    new SoakHistory.Read(
                            "w-" + key, key, at.value(), at.index(), begun, System.nanoTime()));
            index = at.index();
            return true;
        }
    }

    private void read(ServerGroup group, String client, SoakChoices choices)
            throws InterruptedException {
        while (!isOver) {
            choices.nextRound();
            var key = group.name() + "-k" + choices.of(WRITERS);
            readOnce(group, choices.server(group), client, key);
            choices.pause(OPERATION_MILLIS);
        }
    }

    private boolean readOnce(ServerGroup group, int number, String client, String key)
            throws InterruptedException {
        var begun = System.nanoTime();
        var told = ask(group, number, "GET", "/v1/config/service-defaults/" + key, "");
        if (told.isKnown()) {
            var at = at(told);
            history.add(
                    new SoakHistory.Read(
                            client, key, at.value(), at.index(), begun, System.nanoTime()));
        }
        return told.isKnown();
    }

    /// Every key at every server, once all is well again.
    ///
    /// @return what could not be read
    List<String> readAll() throws InterruptedException {
        var unread = new ArrayList<String>();
        for (var group : List.of(world.eks(), world.lke())) {
            for (var number = 0; number < group.count(); number++) {
                for (var i = 0; i < WRITERS; i++) {
                    var key = group.name() + "-k" + i;
                    if (!readOnce(group, number, "last-" + number, key)) {
                        unread.add(key + " at " + group.host(number));
                    }
                }
            }
        }
        return unread;
    }

    /// One write at whichever server, every 50 ms.
    private void probe(ServerGroup group) throws InterruptedException {
        var gaps = control(group.name());
        var running = new Semaphore(PROBES_AT_ONCE);
        gaps.success(System.nanoTime());
        for (var i = 0; !isOver; i++) {
            var number = i % group.count();
            if (running.tryAcquire()) {
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                var answer =
                                        group.send(
                                                number,
                                                "PUT",
                                                "/v1/config",
                                                "{\"Kind\":\"service-defaults\",\"Name\":\"probe\",\"Protocol\":\"tcp\"}",
                                                PROBE_LIMIT);
                                if (answer.statusCode() == 200) {
                                    gaps.success(System.nanoTime());
                                }
                            } catch (IOException _) {
                                // that is what is measured
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } finally {
                                running.release();
                            }
                        });
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /// One secret, two keys, at the same time at two servers, and once more later.
    private void join(ServerGroup group, SoakChoices choices) throws InterruptedException {
        for (var n = 0; !isOver; n++) {
            choices.nextRound();
            var service = group.name() + "-j" + n;
            var told =
                    ask(
                            group,
                            choices.server(group),
                            "POST",
                            "/v1/hansa/join-token",
                            "{\"Services\":[\"" + service + "\"],\"TTL\":\"10m\"}");
            if (told.status() == 200) {
                var token = JoinToken.decode(json(told.body()).path("JoinToken").asText());
                var one = choices.server(group);
                var other = choices.server(group);
                var first = Thread.ofVirtual().start(() -> use(group, token, service, one));
                var second = Thread.ofVirtual().start(() -> use(group, token, service, other));
                first.join();
                second.join();
                use(group, token, service, choices.server(group));
            }
            choices.pause(1_000);
        }
    }

    private void use(ServerGroup group, JoinToken token, String service, int asked) {
        var identity = SpiffeId.service(token.trustDomain(), token.datacenter(), service);
        var request =
                JoinRequest.newBuilder()
                        .setJoinSecret(token.secret().value())
                        .setIdentityPath(identity.path())
                        .setCsr(
                                ByteString.copyFrom(
                                        CertificateRequest.encode(
                                                CertificateRequest.newKey(), identity)))
                        .build()
                        .toByteArray();
        show(
                group,
                asked,
                history,
                SoakHistory.Kind.JOIN_SECRET,
                service,
                number ->
                        StrangerCall.unary(
                                group.host(number) + ":8502",
                                token.serverName(),
                                token.bundle().roots(),
                                ProxyRpc.SERVICE,
                                ProxyRpc.JOIN,
                                request,
                                PROBE_LIMIT));
    }

    /// One who shows a secret at one server after the other, until one says what became of it.
    ///
    /// @param first whom he asks first
    static void show(
            ServerGroup group,
            int first,
            SoakHistory history,
            SoakHistory.Kind kind,
            String secret,
            IntFunction<StrangerCall.Outcome> call) {
        for (var i = 0; i < group.count(); i++) {
            var begun = System.nanoTime();
            var told = call.apply((first + i) % group.count());
            var outcome =
                    switch (told) {
                        case StrangerCall.Outcome.Answered _ -> SoakHistory.Outcome.TAKEN;
                        case StrangerCall.Outcome.Refused _ -> SoakHistory.Outcome.REFUSED;
                        case StrangerCall.Outcome.Unanswered _ -> SoakHistory.Outcome.UNKNOWN;
                    };
            // a clock that is off ends its time before it is over: it was not lost, nor used
            if (told instanceof StrangerCall.Outcome.Refused(var sentence)
                    && sentence.contains("expired at")) {
                return;
            }
            // whoever does not lead sends proxies on, and has looked at no secret
            if (!(told instanceof StrangerCall.Outcome.Unanswered(var sentence)
                    && sentence.contains(FollowerDoor.SENTENCE))) {
                history.add(new SoakHistory.Use(kind, secret, outcome, begun, System.nanoTime()));
            }
            if (outcome != SoakHistory.Outcome.UNKNOWN) {
                return;
            }
        }
    }

    /// @param words for each connection: one, or as many as it lives for
    /// @param millis between two of them, at most
    private void call(int words, int millis, SoakChoices choices) throws InterruptedException {
        var address = new InetSocketAddress(SoakWorld.EKS + ".20", SoakWorld.UPSTREAM_PORT);
        while (!isOver) {
            choices.nextRound();
            var began = System.nanoTime();
            var connected = OptionalLong.empty();
            try (var socket = new Socket()) {
                socket.setSoTimeout(CALL_LIMIT_MILLIS);
                socket.setTcpNoDelay(true);
                socket.connect(address, CALL_LIMIT_MILLIS);
                for (var number = 0; number < words && !isOver; number++) {
                    began = System.nanoTime();
                    requests.incrementAndGet();
                    var word = "%032d".formatted(number).getBytes(StandardCharsets.US_ASCII);
                    socket.getOutputStream().write(word);
                    if (!Arrays.equals(word, socket.getInputStream().readNBytes(WORD))) {
                        throw new IOException("expected the word back; found less");
                    }
                    data.success(System.nanoTime());
                    if (number == 0) {
                        connected = OptionalLong.of(began);
                    }
                    choices.pause(millis);
                }
            } catch (IOException e) {
                failures.add(new Failure(began, System.nanoTime(), connected, e.toString()));
                choices.pause(millis);
            }
        }
    }
}
