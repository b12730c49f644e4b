package dev.hansa.kubernetes.install;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.api.AclApi;
import dev.hansa.kubernetes.api.ApiException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// What pods of a cluster may do at the servers: policies for the parts of an installation, the
/// auth method by which service accounts log in, and its binding rules.
final class AccessRules {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Who logs in asks for one join token and logs out.
    private static final Duration LONGEST_TOKEN = Duration.ofHours(1);

    /// Those that API servers sign with.
    private static final List<String> ALGORITHMS =
            List.of("RS256", "RS384", "RS512", "ES256", "ES384", "ES512");

    /// How the description of each rule of ours begins.
    private static final String OURS = "hansa-bootstrap: ";

    private final BootstrapConfig config;
    private final Consumer<String> says;

    AccessRules(BootstrapConfig config, Consumer<String> says) {
        this.config = config;
        this.says = says;
    }

    /// What a mesh gateway, which is of the datacenter and of no service, asks for: its join token.
    private AclApi.Policy gateway() {
        return new AclApi.Policy(
                config.prefix() + "-mesh-gateway",
                "join tokens for mesh gateways",
                "mesh = \"write\"\n");
    }

    /// A server's join token is worth the datacenter; so is this.
    private AclApi.Policy server() {
        return new AclApi.Policy(
                config.prefix() + "-server", "join tokens for servers", "operator = \"write\"\n");
    }

    /// Entries and peerings for custom resources, and the catalog of pods.
    AclApi.Policy operator() {
        return new AclApi.Policy(
                config.prefix() + "-operator",
                "config entries, peerings and the catalog of a Kubernetes cluster",
                """
                mesh = "write"
                peering = "write"
                service_prefix "" {
                  policy = "write"
                  intentions = "write"
                }
                node_prefix "k8s-" { policy = "write" }
                """);
    }

    /// @param issuer of the cluster's tokens
    /// @param keys its key set; empty where servers fetch it by themselves
    void write(AclApi api, String issuer, Optional<JsonNode> keys)
            throws ApiException, InterruptedException {
        for (var policy : parts()) {
            write(api, policy);
        }
        write(api, operator());
        if (api.writeMethod(
                config.method(),
                "service accounts of a Kubernetes cluster",
                LONGEST_TOKEN,
                method(issuer, keys))) {
            says.accept("auth method '" + config.method() + "' written");
        }
        var changes = api.writeRules(config.method(), OURS, rules());
        if (changes > 0) {
            says.accept(changes + " binding rules of '" + config.method() + "' written");
        }
    }

    /// The parts that log in. Servers do so in their own cluster alone.
    private List<AclApi.Policy> parts() {
        return config.caFile().isPresent() ? List.of(gateway()) : List.of(gateway(), server());
    }

    private void write(AclApi api, AclApi.Policy policy) throws ApiException, InterruptedException {
        if (api.write(policy)) {
            says.accept("policy '" + policy.name() + "' written");
        }
    }

    private ObjectNode method(String issuer, Optional<JsonNode> keys) {
        var method = JSON.createObjectNode();
        keys.ifPresent(set -> method.set("JWKS", set));
        config.keysUrl().ifPresent(url -> method.put("JWKSURL", url.toString()));
        method.put("BoundIssuer", issuer);
        method.putArray("BoundAudiences").add(config.audience());
        var algorithms = method.putArray("JWTSupportedAlgs");
        ALGORITHMS.forEach(algorithms::add);
        method.putObject("ClaimMappings")
                .put("/kubernetes.io/namespace", "namespace")
                .put("/kubernetes.io/serviceaccount/name", "account")
                .put("/kubernetes.io/pod/name", "pod");
        return method;
    }

    private List<AclApi.Rule> rules() {
        var rules = new ArrayList<AclApi.Rule>();
        rules.add(
                new AclApi.Rule(
                        OURS + "pods are the service of their account",
                        config.selector(),
                        "service",
                        "${value.account}"));
        for (var policy : parts()) {
            // the account of a part has the name of its policy
            rules.add(
                    new AclApi.Rule(
                            OURS + policy.description(),
                            "value.namespace == \""
                                    + config.namespace()
                                    + "\" and value.account == \""
                                    + policy.name()
                                    + "\"",
                            "policy",
                            policy.name()));
        }
        return rules;
    }

    /// @throws IOException when this is no key set
    static JsonNode keys(String text, String source) throws IOException {
        try {
            var keys = JSON.readTree(text);
            if (keys.path("keys").isArray() && !keys.path("keys").isEmpty()) {
                return keys;
            }
        } catch (JsonProcessingException _) {
            // said below
        }
        throw new IOException(source + ": expected a key set with keys; found something else");
    }

    /// @throws IOException when there is none
    static String issuer(String text, String source) throws IOException {
        try {
            var issuer = JSON.readTree(text).path("issuer").asText();
            if (!issuer.isEmpty()) {
                return issuer;
            }
        } catch (JsonProcessingException _) {
            // said below
        }
        throw new IOException(source + ": expected an issuer; found none");
    }
}
