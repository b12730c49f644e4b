package dev.hansa.kubernetes.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.trustbundle.ca.HttpsAuthority;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A mocked API server, and a real server that is started as the chart starts it.
class BootstrapTest {
    @TempDir private Path folder;

    private Map<String, String> login(TestingInstallation at, String account) throws Exception {
        var flags = new HashMap<String, String>();
        flags.put("http-addr", at.address().toString());
        flags.put("cacert", at.caFile().toString());
        flags.put("bearer-token-file", at.bearer("mesh", account).toString());
        flags.put("out", Files.createDirectories(folder.resolve("out-" + account)).toString());
        flags.put("namespace", "mesh");
        flags.put("wait-limit", "0s");
        return flags;
    }

    @Test
    void installationIsMadeWhilstServersStartAndItsPodsGetWhatTheyNeedAndNoMore() throws Exception {
        try (var at = new TestingInstallation(folder);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first =
                    threads.submit(() -> {
                        at.bootstrap(Map.of()).run();
                        return true;
                    });
            await().atMost(Duration.ofSeconds(20)).until(() -> at.hasSecret("eks-server-cert"));
            at.startServer(0, Optional.empty());
            assertThat(first.get()).isTrue();
            var token = at.secret("eks-bootstrap-acl-token", "token");
            assertThat(at.said()).last().isEqualTo("access control is as it is to be");
            assertThat(at.said().toString())
                    .doesNotContain(token, at.secret("eks-operator-acl-token", "token"));

            // again, and nothing is written
            at.said().clear();
            at.bootstrap(Map.of()).run();
            assertThat(at.said()).containsExactly("access control is as it is to be");
            assertThat(at.secret("eks-bootstrap-acl-token", "token")).isEqualTo(token);
            assertThat(at.api(0, at.secret("eks-operator-acl-token", "token")).isKnown()).isTrue();

            aServerJoinsWithATokenOfItsOwn(at);
            aGatewayLearnsItsAddressAndJoins(at);
            nobodyElseGetsAServersToken(at);

            // a rule of ours that is not meant any more goes, and one that is changed is written
            at.said().clear();
            at.bootstrap(Map.of("services.selector", "value.namespace == shop")).run();
            assertThat(at.said()).first().isEqualTo("1 binding rules of 'kubernetes' written");

            // keys of a public issuer are fetched by the servers, which refuse a method with both
            var published = Map.of("service-accounts.keys-url", "https://issuer.example/keys");
            at.said().clear();
            at.bootstrap(published).run();
            assertThat(at.said()).first().isEqualTo("auth method 'kubernetes' written");
            at.said().clear();
            at.bootstrap(published).run();
            assertThat(at.said()).containsExactly("access control is as it is to be");
        }
    }

    @Test
    void placeOfKeysIsOneThatServersTake() {
        for (var wrong :
                List.of(
                        "http://issuer.example/keys",
                        "https:///keys",
                        "https://me:password@issuer.example/keys",
                        "https://issuer.example/keys#one",
                        "issuer")) {
            assertThatThrownBy(() ->
                            BootstrapConfig.read(
                                    TestingInstallation.settings(
                                            Map.of("service-accounts.keys-url", wrong))))
                    .as(wrong)
                    .hasMessageContaining("service-accounts.keys-url: expected https://HOST/PATH")
                    .hasMessageNotContaining("password");
        }
        assertThatThrownBy(() ->
                        BootstrapConfig.read(
                                TestingInstallation.settings(
                                        Map.of(
                                                "service-accounts.keys-url",
                                                "https://issuer.example/keys",
                                                "service-accounts.keys-file",
                                                "keys"))))
                .hasMessageContaining("expected it or service-accounts.keys-file");
    }

    private void aServerJoinsWithATokenOfItsOwn(TestingInstallation at) throws Exception {
        at.client().configMaps().inNamespace("mesh").resource(founders()).create();
        var flags = login(at, "eks-server");
        flags.put("name", "eks-server-1");
        flags.put("data-dir", folder.resolve("volume-1/server").toString());
        flags.put("founder-map", "eks-server-founder");
        ServerPlace.prepare(TestingInstallation.settings(flags), at.client(), at.said()::add);

        var file = Path.of(flags.get("out"), "join-token");
        assertThat(Files.readString(Path.of(flags.get("out"), ServerPlace.FILE)))
                .isEqualTo("join-token-file = " + file + "\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(at.said().toString()).doesNotContain(Files.readString(file));

        // it becomes one of two, and knows what the first knows
        at.startServer(1, Optional.of(Path.of(flags.get("out"), ServerPlace.FILE)));
        assertThat(at.api(1, at.secret("eks-operator-acl-token", "token")).isKnown()).isTrue();
        // started again, it asks nobody
        at.said().clear();
        ServerPlace.prepare(TestingInstallation.settings(flags), at.client(), at.said()::add);
        assertThat(at.said()).last().asString().startsWith("the log in ");
    }

    private static io.fabric8.kubernetes.api.model.ConfigMap founders() {
        return new io.fabric8.kubernetes.api.model.ConfigMapBuilder()
                .withNewMetadata()
                .withName("eks-server-founder")
                .endMetadata()
                .withData(Map.of("founder", "eks-server-0", "volume", "x"))
                .build();
    }

    private void aGatewayLearnsItsAddressAndJoins(TestingInstallation at) throws Exception {
        at.client()
                .services()
                .inNamespace("mesh")
                .resource(
                        new ServiceBuilder()
                                .withNewMetadata()
                                .withName("eks-mesh-gateway")
                                .endMetadata()
                                .withNewStatus()
                                .withNewLoadBalancer()
                                .addNewIngress()
                                .withHostname("lb.example")
                                .endIngress()
                                .endLoadBalancer()
                                .endStatus()
                                .build())
                .create();
        var flags = login(at, "eks-mesh-gateway");
        flags.put("service", "eks-mesh-gateway");
        GatewayPlace.prepare(TestingInstallation.settings(flags), at.client(), at.said()::add);

        assertThat(Path.of(flags.get("out"), GatewayPlace.FILE))
                .content()
                .contains(
                        "wan.address = lb.example:443\n",
                        "wan.address-file = " + Path.of(flags.get("out"), "wan-address") + "\n",
                        "join-token-file = ");
        // who follows it keeps it, in whichever order the load balancer has several
        assertThat(Path.of(flags.get("out"), GatewayPlace.ADDRESS)).hasContent("lb.example:443");
        assertThat(Path.of(flags.get("out"), "join-token")).isNotEmptyFile();
    }

    private void nobodyElseGetsAServersToken(TestingInstallation at) throws Exception {
        var flags = login(at, "frontend");
        flags.put("name", "eks-server-1");
        flags.put("data-dir", folder.resolve("volume-2/server").toString());
        flags.put("founder-map", "eks-server-founder");

        assertThatThrownBy(() ->
                        ServerPlace.prepare(
                                TestingInstallation.settings(flags), at.client(), at.said()::add))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("lacks permission 'operator:write'");
    }

    @Test
    void certificateIsMadeAnewForOtherNamesByTheSameAuthority() throws Exception {
        try (var at = new TestingInstallation(folder)) {
            var keeping = new Keeping(at.client(), "mesh");
            var clock = java.time.Clock.systemUTC();
            var ca =
                    new HttpsCertificates(keeping, at.config(Map.of()), clock, at.said()::add)
                            .ensure();
            var before = at.secret("eks-server-cert", "tls.crt");
            new HttpsCertificates(keeping, at.config(Map.of()), clock, at.said()::add).ensure();
            assertThat(at.secret("eks-server-cert", "tls.crt")).isEqualTo(before);

            var others = Map.of("certificate.dns-names", "eks-server.mesh.svc,*.example");
            var again = new HttpsCertificates(keeping, at.config(others), clock, at.said()::add);
            assertThat(again.ensure()).isEqualTo(ca);

            var now = HttpsAuthority.certificate(at.secret("eks-server-cert", "tls.crt"));
            now.verify(HttpsAuthority.certificate(ca).getPublicKey());
            assertThat(now.getSubjectAlternativeNames().toString()).contains("*.example");
            // a third of its life is left
            var later =
                    java.time.Clock.fixed(
                            now.getNotAfter().toInstant().minus(Duration.ofDays(100)),
                            java.time.ZoneOffset.UTC);
            new HttpsCertificates(keeping, at.config(others), later, at.said()::add).ensure();
            assertThat(HttpsAuthority.certificate(at.secret("eks-server-cert", "tls.crt")))
                    .isNotEqualTo(now);
            assertThat(
                            at.client()
                                    .configMaps()
                                    .inNamespace("mesh")
                                    .withName("eks-ca-cert")
                                    .get()
                                    .getData())
                    .containsEntry("ca.crt", ca)
                    .containsKeys("fingerprint", "not-after");
        }
    }

    @Test
    void serversThatNeverLeadAreWaitedForNoLongerThanSaid() throws Exception {
        try (var at = new TestingInstallation(folder)) {
            assertThatThrownBy(() -> at.bootstrap(Map.of("wait-limit", "0s")).run())
                    .hasMessageStartingWith(
                            "servers at " + at.address() + " with a leader: expected within 0s");
            // what the servers wait for is there
            assertThat(at.hasSecret("eks-bootstrap-acl-token")).isTrue();
        }
    }
}
