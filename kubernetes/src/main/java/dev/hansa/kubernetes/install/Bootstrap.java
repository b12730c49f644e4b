package dev.hansa.kubernetes.install;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Secret;
import dev.hansa.kubernetes.api.AclApi;
import dev.hansa.kubernetes.api.ApiAccess;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.HansaApi;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// Makes an installation one that can be used: the first token and the certificate of the HTTP API
/// in Secrets, which the servers wait for; then, when they have a leader, who may log in. Each step
/// may be done again, and is done only where something is lacking: whatever dies in between, the
/// next run goes on there. The first token is in its Secret before any server has heard of it, so
/// it cannot be lost between the two.
final class Bootstrap {
    private static final String TOKEN = "token";
    private static final String OPAQUE = "Opaque";

    private static final String ISSUER_PATH = "/.well-known/openid-configuration";
    private static final String KEYS_PATH = "/openid/v1/jwks";

    private final BootstrapConfig config;
    private final KubernetesClient client;
    private final Keeping keeping;
    private final HttpsCertificates certificates;
    private final AccessRules rules;
    private final Patience patience;
    private final Consumer<String> says;

    /// @param says what was done, a sentence each, without secrets
    Bootstrap(BootstrapConfig config, KubernetesClient client, Clock clock, Consumer<String> says) {
        this.config = config;
        this.client = client;
        this.keeping = new Keeping(client, config.namespace());
        this.certificates = new HttpsCertificates(keeping, config, clock, says);
        this.rules = new AccessRules(config, says);
        this.patience = new Patience(config.waitLimit(), says);
        this.says = says;
    }

    static String tokenSecret(String prefix) {
        return prefix + "-bootstrap-acl-token";
    }

    static String operatorSecret(String prefix) {
        return prefix + "-operator-acl-token";
    }

    /// @throws IOException when the servers have no leader in time, or what is there does not fit
    /// @throws ApiException in the servers' words
    void run() throws IOException, ApiException, InterruptedException {
        Optional<Path> made = Optional.empty();
        Path caFile;
        Secret token;
        if (config.caFile().isPresent() && config.tokenFile().isPresent()) {
            caFile = config.caFile().get();
            token = new Secret(Files.readString(config.tokenFile().get()).strip());
        } else {
            token = kept(tokenSecret(config.prefix()), "first token");
            caFile = Files.createTempFile("hansa-ca", ".pem");
            made = Optional.of(caFile);
            OwnDisk.write(caFile, certificates.ensure().getBytes(StandardCharsets.US_ASCII));
        }
        try (var api =
                new HansaApi(
                        new ApiAccess(config.server(), Optional.of(caFile), Optional.empty()))) {
            atServers(new AclApi(api, Optional.of(token)));
        } finally {
            if (made.isPresent()) {
                Files.deleteIfExists(made.get());
            }
        }
    }

    private void atServers(AclApi api) throws IOException, ApiException, InterruptedException {
        patience.until(
                "servers at " + config.server() + " with a leader",
                () -> api.hasLeader() ? Optional.of(true) : Optional.empty());
        if (!api.isKnown()) {
            throw new IOException(
                    "token of "
                            + config.tokenFile()
                                    .map(Path::toString)
                                    .orElse("Secret '" + tokenSecret(config.prefix()) + "'")
                            + ": expected the first token of this datacenter, or another that may do everything; found one that its servers do not know");
        }
        rules.write(api, issuer(), keys());
        operatorToken(api);
        says.accept("access control is as it is to be");
    }

    private void operatorToken(AclApi api) throws IOException, ApiException, InterruptedException {
        var name = operatorSecret(config.prefix());
        var secret = kept(name, "operator's token");
        if (api.create(
                secret,
                "operator of the Kubernetes cluster, Secret '" + name + "'",
                rules.operator().name())) {
            says.accept("operator's token made");
        }
    }

    /// A secret that is chosen here, kept in Kubernetes before anybody is told of it.
    private Secret kept(String name, String subject) {
        var found = keeping.secret(name);
        if (found.isEmpty()) {
            says.accept("Secret '" + name + "' made for the " + subject);
        }
        return new Secret(
                Keeping.value(
                        found.orElseGet(() ->
                                keeping.made(
                                        name, OPAQUE, Map.of(TOKEN, UUID.randomUUID().toString()))),
                        TOKEN));
    }

    private String issuer() throws IOException {
        return config.issuer().isPresent()
                ? config.issuer().get()
                : AccessRules.issuer(client.raw(ISSUER_PATH), ISSUER_PATH);
    }

    private Optional<JsonNode> keys() throws IOException {
        if (config.keysUrl().isPresent()) {
            return Optional.empty();
        }
        return Optional.of(
                config.keysFile().isPresent()
                        ? AccessRules.keys(
                                Files.readString(config.keysFile().get()),
                                "'" + config.keysFile().get() + "'")
                        : AccessRules.keys(client.raw(KEYS_PATH), KEYS_PATH));
    }
}
