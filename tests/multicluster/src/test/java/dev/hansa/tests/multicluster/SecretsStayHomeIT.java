package dev.hansa.tests.multicluster;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Secret;
import dev.hansa.failover.JoinToken;
import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.peering.store.Membership;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.trustbundle.Datacenter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two servers that log all they can go through the life of a peering. Afterwards every secret that
/// there was is looked for in everything that they wrote.
class SecretsStayHomeIT {
    private static final Duration SEEN = Duration.ofSeconds(30);
    private static final String EKS = "127.77.0.1";
    private static final String LKE = "127.77.0.2";

    @TempDir Path directory;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, String> written = new HashMap<>();
    private final Map<String, byte[]> secrets = new HashMap<>();
    private BareServer eks;
    private BareServer lke;

    @BeforeEach
    void start() throws Exception {
        var loud = Map.of("HANSA_LOG_LEVEL", "TRACE");
        eks = BareServer.start("eks", EKS, directory, loud);
        lke = BareServer.start("lke", LKE, directory, loud);
        eks.awaitAnswer();
        lke.awaitAnswer();
    }

    @AfterEach
    void stop() {
        eks.close();
        lke.close();
        client.close();
    }

    /// Keeps the answer among what may hold no secret.
    private void ask(BareServer server, String method, String path, String body) throws Exception {
        var answer = server.send(method, path, body);
        written.put(
                server.name() + " " + method + " " + path + " #" + written.size(), answer.body());
    }

    private void readAdmin(String host) throws Exception {
        for (var path : List.of("/metrics", "/health")) {
            written.put(
                    host + path,
                    client.send(
                                    HttpRequest.newBuilder(
                                                    URI.create("http://" + host + ":19500" + path))
                                            .timeout(Duration.ofSeconds(5))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body());
        }
    }

    @Test
    void noSecretIsInALogAnAnswerAMetricOrTheDatabase() throws Exception {
        var token =
                eks.must("POST", "/v1/peering/token", Map.of("PeerName", "lke"))
                        .path("PeeringToken")
                        .asText();
        var signed = SignedToken.of(token);
        keep("peering token's signature", signed.signature());
        keep("establishment secret", signed.claims().path("secret").asText());
        var join =
                JoinToken.decode(
                        eks.must("POST", "/v1/hansa/join-token", Map.of("MeshGateway", true))
                                .path("JoinToken")
                                .asText());
        keep("join secret", join.secret().value());

        var body = "{\"PeerName\":\"eks\",\"PeeringToken\":\"" + token + "\"}";
        ask(lke, "POST", "/v1/peering/establish", body);
        await().atMost(SEEN).until(() -> lke.state("eks").equals("ACTIVE"));
        await().atMost(SEEN).until(() -> eks.state("lke").equals("ACTIVE"));
        ask(lke, "POST", "/v1/peering/establish", body);
        ask(lke, "POST", "/v1/peering/establish", body.replace(token, token.substring(9)));
        ask(lke, "POST", "/v1/peering/establish", body.substring(0, body.length() / 2));
        ask(eks, "PUT", "/v1/peering/token?PeeringToken=" + token.length(), body);
        ask(eks, "POST", "/v1/hansa/ca/rotate", "");
        for (var server : List.of(eks, lke)) {
            for (var path :
                    List.of(
                            "/v1/peerings",
                            "/v1/peering/eks",
                            "/v1/peering/lke",
                            "/v1/hansa/ca",
                            "/v1/config/mesh",
                            "/v1/agent/self")) {
                ask(server, "GET", path, "");
            }
        }
        readAdmin(EKS);
        readAdmin(LKE);
        eks.kill();
        lke.kill();

        for (var server : List.of(eks, lke)) {
            keepTheDatabases(server.name());
            for (var file : List.of("hansa.db", "hansa.db-wal", "live.json")) {
                var path = directory.resolve(server.name()).resolve(file);
                if (Files.exists(path)) {
                    written.put(path.toString(), new String(Files.readAllBytes(path), ISO_8859_1));
                }
            }
            var log = server.log();
            written.put(log.toString(), Files.readString(log, ISO_8859_1));
            assertThat(written.get(log.toString())).as("logs all it can").contains("DEBUG");
        }
        assertThat(secrets.keySet())
                .as("what is looked for")
                .contains("establishment secret", "join secret", "stream secret of lke")
                .hasSizeGreaterThanOrEqualTo(10);
        assertThat(found()).isEmpty();

        // and it would have been seen
        written.put(
                "planted",
                "x" + Base64.getEncoder().encodeToString(secrets.get("root key of eks")) + "x");
        assertThat(found()).containsOnly("root key of eks in planted");
    }

    private void keep(String name, String secret) {
        assertThat(secret.length()).as(name).isGreaterThan(15);
        secrets.put(name, secret.getBytes(UTF_8));
    }

    /// What is sealed in it, opened with the key that lies beside it, and that key.
    private void keepTheDatabases(String name) throws Exception {
        var original = directory.resolve(name);
        var copy = directory.resolve("copy-of-" + name);
        try (var files = Files.walk(original)) {
            for (var file : files.toList()) {
                Files.copy(file, copy.resolve(original.relativize(file).toString()));
            }
        }
        secrets.put("sealing key of " + name, Files.readAllBytes(copy.resolve("secrets.key")));
        var identity =
                new MemberIdentity(
                        new Datacenter(name),
                        () -> {
                            throw new IllegalStateException("expected an authority in the copy");
                        },
                        Clock.systemUTC());
        try (var store =
                RaftStore.open(
                        copy,
                        SealKey.IN_DATA_DIR,
                        Membership.alone(),
                        identity::tls,
                        failure -> {
                            throw new IllegalStateException(failure);
                        },
                        Clock.systemUTC())) {
            var state = store.now();
            for (var peering : state.peerings().values()) {
                state.secrets(peering.id())
                        .dialerStream()
                        .ifPresent(secret -> keep("stream secret of " + name, secret.value()));
            }
            var ca = state.ca().orElseThrow();
            keepKey("root key of " + name, ca.rootKeyPem());
            keepKey("intermediate key of " + name, ca.intermediateKeyPem());
            ca.rotation()
                    .flatMap(rotation -> rotation.next())
                    .ifPresent(next -> {
                        keepKey("next root key of " + name, next.rootKeyPem());
                        keepKey("next intermediate key of " + name, next.intermediateKeyPem());
                    });
        }
    }

    /// The private number itself: it is the same in whatever wrapping.
    private void keepKey(String name, Secret pem) {
        var der =
                Base64.getMimeDecoder()
                        .decode(pem.value().replaceAll("-----[A-Z ]+-----", "").strip());
        // PKCS#8 of an EC key: the private number is an OCTET STRING of 32 bytes in it
        for (var at = 0; at + 34 <= der.length; at++) {
            if (der[at] == 4 && der[at + 1] == 32) {
                secrets.put(name, java.util.Arrays.copyOfRange(der, at + 2, at + 34));
            }
        }
        keep(name + ", as text", pem.value().lines().skip(1).findFirst().orElseThrow());
        assertThat(secrets).containsKey(name);
    }

    private List<String> found() {
        var found = new ArrayList<String>();
        secrets.forEach((name, secret) -> {
            for (var form :
                    List.of(
                            new String(secret, ISO_8859_1),
                            HexFormat.of().formatHex(secret),
                            Base64.getEncoder().withoutPadding().encodeToString(secret),
                            Base64.getUrlEncoder().withoutPadding().encodeToString(secret))) {
                written.forEach((where, text) -> {
                    if (text.contains(form)) {
                        found.add(name + " in " + where);
                    }
                });
            }
        });
        return found;
    }
}
