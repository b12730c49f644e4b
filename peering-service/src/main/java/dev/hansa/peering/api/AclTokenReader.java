package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.acl.BuiltInPolicies;
import dev.hansa.peering.acl.FirstToken;
import dev.hansa.peering.store.AclPolicyRecord;
import dev.hansa.peering.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Reads what a request says of a token.
///
/// @param datacenter the only one that its rights may be meant for
record AclTokenReader(String datacenter, Store store) {
    /// What a token may carry; one that needs more needs a policy of its own.
    private static final int MAX_LINKS = 64;

    /// Consul's.
    private static final Duration SHORTEST_LIFE = Duration.ofMinutes(1);

    /// What shall last for longer is to be without an end.
    private static final Duration LONGEST_LIFE = Duration.ofDays(366);

    static JsonFields body(ApiRequest request) throws RefusedRequestException {
        var body =
                JsonFields.read(request.body(), "Token decoding failed")
                        .only(
                                List.of(
                                        "AccessorID",
                                        "SecretID",
                                        "Description",
                                        "Policies",
                                        "Roles",
                                        "TemplatedPolicies",
                                        "ServiceIdentities",
                                        "NodeIdentities",
                                        "Local",
                                        "AuthMethod",
                                        "ExpirationTime",
                                        "ExpirationTTL",
                                        "CreateTime",
                                        "Hash",
                                        "CreateIndex",
                                        "ModifyIndex",
                                        "Namespace",
                                        "Partition",
                                        "AuthMethodNamespace",
                                        "Rules"));
        for (var no : List.of("Roles", "TemplatedPolicies")) {
            if (!body.list(no).isEmpty()) {
                throw bad(
                        "Invalid Token: "
                                + no
                                + ": expected Policies, ServiceIdentities or NodeIdentities; found what is not there");
            }
        }
        return body;
    }

    static Secret secret(String field, String text) throws RefusedRequestException {
        return new Secret(uuid(field, text));
    }

    /// A secret may be meant, so what was found is not said.
    static String uuid(String field, String text) throws RefusedRequestException {
        return FirstToken.secret(text)
                .orElseThrow(() ->
                        bad(
                                "Invalid Token: "
                                        + field
                                        + ": expected a UUID; found "
                                        + text.length()
                                        + " other characters"));
    }

    List<String> policies(JsonFields body) throws RefusedRequestException {
        var ids = new ArrayList<String>();
        for (var link : few("Policies", body.list("Policies"))) {
            var id = link.text("ID");
            var name = link.text("Name");
            ids.add(
                    policies()
                            .filter(policy ->
                                    id.isEmpty()
                                            ? policy.name().equals(name)
                                            : policy.id().equals(id))
                            .findFirst()
                            .map(AclPolicyRecord::id)
                            .orElseThrow(() ->
                                    bad(
                                            "No such ACL policy with "
                                                    + (id.isEmpty()
                                                            ? "name \"" + shown(name)
                                                            : "ID \"" + shown(id))
                                                    + "\"")));
        }
        return ids.stream().distinct().toList();
    }

    Stream<AclPolicyRecord> policies() {
        return Stream.concat(
                BuiltInPolicies.ALL.stream(), store.now().acl().policies().values().stream());
    }

    private static List<JsonFields> few(String field, List<JsonFields> links)
            throws RefusedRequestException {
        if (links.size() > MAX_LINKS) {
            throw bad(
                    "Invalid Token: "
                            + field
                            + ": expected at most "
                            + MAX_LINKS
                            + "; found "
                            + links.size());
        }
        return links;
    }

    /// Rights that are meant for elsewhere must not hold here.
    private void here(String field, List<String> datacenters) throws RefusedRequestException {
        for (var name : datacenters) {
            if (!name.equals(datacenter)) {
                throw bad(
                        "Invalid Token: "
                                + field
                                + ": expected '"
                                + datacenter
                                + "', since each datacenter keeps its own tokens; found '"
                                + shown(name)
                                + "'");
            }
        }
    }

    List<String> services(JsonFields body) throws RefusedRequestException {
        var names = new ArrayList<String>();
        for (var link : few("ServiceIdentities", body.list("ServiceIdentities"))) {
            here("ServiceIdentities[].Datacenters", link.texts("Datacenters"));
            names.add(ApiRequest.read(link.text("ServiceName"), ServiceName::new).value());
        }
        return names;
    }

    List<String> nodes(JsonFields body) throws RefusedRequestException {
        var names = new ArrayList<String>();
        for (var link : few("NodeIdentities", body.list("NodeIdentities"))) {
            ServiceDefinition.word("NodeName", link.text("NodeName"));
            here(
                    "NodeIdentities[].Datacenter",
                    Stream.of(link.text("Datacenter")).filter(name -> !name.isEmpty()).toList());
            names.add(link.text("NodeName"));
        }
        return names;
    }

    static Optional<Instant> expiry(JsonFields body, Instant now) throws RefusedRequestException {
        var ttl = body.duration("ExpirationTTL");
        var time = body.text("ExpirationTime");
        if (!ttl.isEmpty() && !time.isEmpty()) {
            throw bad("Token Expiration TTL and Token Expiration Time cannot both be set");
        }
        if (ttl.isEmpty() && time.isEmpty()) {
            return Optional.empty();
        }
        var at =
                ttl.isEmpty()
                        ? instant(time)
                        : now.plus(ApiRequest.life("ExpirationTTL", ttl, LONGEST_LIFE));
        life("Invalid Token", Duration.between(now, at));
        return Optional.of(at);
    }

    /// A life that a token may have.
    static Duration life(String subject, Duration life) throws RefusedRequestException {
        if (life.compareTo(SHORTEST_LIFE) < 0 || life.compareTo(LONGEST_LIFE) > 0) {
            throw bad(
                    subject
                            + ": expected a life from 1m to "
                            + LONGEST_LIFE.toHours()
                            + "h; found "
                            + life.toSeconds()
                            + "s");
        }
        return life;
    }

    static Instant instant(String text) throws RefusedRequestException {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException _) {
            throw bad(
                    "ExpirationTime: expected a time as in RFC 3339; found '" + shown(text) + "'");
        }
    }
}
