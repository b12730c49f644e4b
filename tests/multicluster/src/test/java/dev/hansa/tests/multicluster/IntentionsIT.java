package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who may call whom, on the running shop, with rules written by the command line.
// shows: GET /v1/hansa/intention-denials
class IntentionsIT {
    private static final String EKS = "127.71.0";
    private static final String LKE = "127.72.0";

    /// Where two services that only call have their upstreams.
    private static final String BATCH = EKS + ".81";

    private static final String PAYMENT = EKS + ".82";
    private static final Duration STORY = Duration.ofMinutes(4);
    private static final Duration EFFECT = Duration.ofSeconds(10);

    /// The beginning of every HTTP/2 connection (RFC 9113 3.4) and an empty SETTINGS frame: a gRPC
    /// server answers with its own.
    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                    .getBytes(StandardCharsets.US_ASCII);

    @TempDir Path directory;
    private final List<Process> processes = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private int runs;

    @AfterEach
    void stop() throws InterruptedException {
        for (var process : processes.reversed()) {
            process.destroy();
            process.waitFor();
        }
        client.close();
    }

    private void demo(String... arguments) throws IOException {
        var log = Checkout.target("intentions.log");
        var all = new ArrayList<>(List.of("demo", "--eks-network", EKS, "--lke-network", LKE));
        all.addAll(List.of(arguments));
        var process = Checkout.start(log, all.toArray(String[]::new));
        processes.add(process);
        await().atMost(STORY)
                .until(() -> !process.isAlive() || Files.readString(log).contains("It stays up"));
        assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
    }

    private Checkout.Ended hansa(String network, String... arguments) throws Exception {
        var all = new ArrayList<>(List.of(arguments));
        all.add("--http-addr");
        all.add(network + ".1:8500");
        return Checkout.run(
                Checkout.target("intentions-" + runs++ + ".log"), 60, all.toArray(String[]::new));
    }

    private void must(String network, String... arguments) throws Exception {
        var ended = hansa(network, arguments);
        assertThat(ended.status()).as(ended.output()).isZero();
    }

    /// One process on a node in eks for two services that only call, each with its own identity and
    /// an upstream of its own.
    private void callers() throws Exception {
        var token = directory.resolve("callers.token");
        must(
                EKS,
                "join-token",
                "--service",
                "batch",
                "--service",
                "paymentservice",
                "--out",
                token.toString());
        processes.add(
                Checkout.start(
                        Checkout.target("intentions-callers.log"),
                        "sidecar",
                        "--node-name",
                        "vm-1",
                        "--join-token-file",
                        token.toString(),
                        "--admin-address",
                        BATCH + ":19000",
                        "--services",
                        "batch,paymentservice",
                        "--set",
                        "service.batch.address=none",
                        "--set",
                        "service.batch.upstream-address=" + BATCH,
                        "--set",
                        "service.batch.upstreams=paymentservice:50051",
                        "--set",
                        "service.paymentservice.address=none",
                        "--set",
                        "service.paymentservice.upstream-address=" + PAYMENT,
                        "--set",
                        "service.paymentservice.upstreams=cartservice:7070"));
    }

    /// A connection on which the other end has spoken; empty when it was refused.
    private static boolean isServed(String host, int port) throws IOException {
        try (var socket = open(host, port)) {
            return socket.getInputStream().read() >= 0;
        } catch (SocketException _) {
            return false; // the sidecar's refusal is a reset
        }
    }

    private static Socket open(String host, int port) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(host, port), 2_000);
        socket.getOutputStream().write(PREFACE);
        return socket;
    }

    private static void assertServed(String host, int port) {
        await().atMost(EFFECT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> isServed(host, port));
    }

    private static void assertRefused(String host, int port) {
        await().atMost(EFFECT).until(() -> !isServed(host, port));
    }

    private String get(String url) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create(url))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /// Allow checkoutservice to paymentservice; deny everything else to it; deny it to everything.
    @Test
    void threeRulesOfTheShopDecideOnTheRunningShop() throws Exception {
        demo("--up-to", "order");
        var checkout = EKS + ".12";
        callers();
        // allowed by default
        assertServed(checkout, 50051);
        assertServed(BATCH, 50051);
        assertServed(PAYMENT, 7070);
        assertThat(get("http://" + EKS + ".1:8500/v1/health/service/batch")).isEqualTo("[]");
        assertThat(get("http://" + EKS + ".1:8500/v1/health/service/paymentservice"))
                .doesNotContain("vm-1");

        must(EKS, "intention", "create", "-allow", "checkoutservice", "paymentservice");
        try (var standing = open(BATCH, 50051)) {
            assertThat(standing.getInputStream().read()).isNotNegative();
            must(EKS, "intention", "create", "-deny", "*", "paymentservice");
            await().atMost(EFFECT).until(() -> isReset(standing));
        }
        assertServed(checkout, 50051);
        assertRefused(BATCH, 50051);
        assertServed(PAYMENT, 7070);

        must(EKS, "intention", "create", "-deny", "paymentservice", "*");
        assertRefused(PAYMENT, 7070);
        assertServed(checkout, 50051);

        assertThat(hansa(EKS, "intention", "check", "checkoutservice", "paymentservice").output())
                .contains("Allowed");
        assertThat(hansa(EKS, "intention", "check", "frontend", "paymentservice").status())
                .isEqualTo(1);
        assertThat(hansa(EKS, "intention", "denials").output())
                .contains("/svc/batch", "* -> paymentservice")
                .contains("/svc/paymentservice", "paymentservice -> *");
    }

    private static boolean isReset(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException _) {
            return true;
        }
    }

    /// By default eks may not call what lke exports to it: lke says who may.
    @Test
    @Tag("long")
    void peerIsRefusedUntilAnIntentionNamesIt() throws Exception {
        demo("--up-to", "direct", "--default-deny");
        var quote = "http://" + EKS + ".17:8081/quote";
        await().atMost(EFFECT).until(() -> get(quote).contains("in lke"));

        must(LKE, "intention", "delete", "peer:eks/debug", "shippingservice");
        await().atMost(EFFECT).until(() -> !get(quote).contains("in lke"));

        must(LKE, "intention", "create", "-allow", "peer:eks/debug", "shippingservice");
        await().atMost(EFFECT).until(() -> get(quote).contains("in lke"));
    }
}
