package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// Commands of each kind that is an act, and of each kind of refusal, with the records that they
/// have in every version.
final class GoldenActs {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final PeerName LKE = new PeerName("lke");
    private static final CaRecord CA =
            new CaRecord(
                    "eks.consul",
                    "eks",
                    "root",
                    new Secret("key"),
                    "intermediate",
                    new Secret("key"));

    /// What the state gives the one auth method below.
    private static final long METHOD_INDEX = 22;

    private GoldenActs() {}

    private static StoreCommand put(String kind, String name, long cas) {
        return new StoreCommand.PutConfig(kind, name, "{}", OptionalLong.of(cas));
    }

    private static AclTokenRecord token(String accessor, String hash, long created) {
        return token(accessor, hash, created, Optional.empty());
    }

    private static AclTokenRecord token(
            String accessor, String hash, long created, Optional<AclTokenRecord.Login> login) {
        return new AclTokenRecord(
                accessor,
                hash,
                "",
                List.of("p2", "p1"),
                List.of(),
                List.of(),
                false,
                NOW,
                Optional.empty(),
                login,
                created,
                created);
    }

    /// @param seen the method's index, as the login had it
    private static StoreCommand login(String accessor, long seen) {
        return new StoreCommand.PutAclToken(
                token(
                        accessor,
                        "h-" + accessor,
                        0,
                        Optional.of(new AclTokenRecord.Login("k8s", seen, "subject"))),
                NOW);
    }

    private static StoreCommand method(long created) {
        return new StoreCommand.PutAuthMethod(
                new AuthMethodRecord(
                        "k8s",
                        "jwt",
                        "",
                        "",
                        Duration.ofHours(1),
                        "local",
                        "{}",
                        created,
                        created));
    }

    private static StoreCommand rule(String method) {
        return new StoreCommand.PutBindingRule(
                new BindingRuleRecord("r1", "", method, "", "policy", "p1", 0, 0));
    }

    private static CaRecord rotating(long generation) {
        return new CaRecord(
                CA.trustDomain(),
                CA.datacenter(),
                CA.rootPem(),
                CA.rootKeyPem(),
                CA.intermediatePem(),
                CA.intermediateKeyPem(),
                Optional.empty(),
                generation,
                Optional.empty());
    }

    private static StoreCommand use(String hash, String path, String key, Instant now) {
        return new StoreCommand.UseJoinSecret(hash, path, key, now);
    }

    static final List<StoreCommand> COMMANDS =
            List.of(
                    new StoreCommand.CountStart(),
                    new StoreCommand.InitCa(CA),
                    new StoreCommand.InitCa(CA),
                    new StoreCommand.ReplaceCa(rotating(1)),
                    new StoreCommand.ReplaceCa(rotating(7)),
                    put("service-resolver", "web", 0),
                    put("service-resolver", "web", 99),
                    put("service-intentions", "web", 0),
                    put("exported-services", "default", 0),
                    new StoreCommand.DeleteConfig("service-resolver", "web", OptionalLong.empty()),
                    new StoreCommand.PutPeering(PeeringRecord.accepting(LKE, "id", Map.of()), 10),
                    new StoreCommand.PutPeering(
                            PeeringRecord.accepting(new PeerName("gke"), "other", Map.of()), 1),
                    new StoreCommand.IssueEstablishment(
                            "id", new PeeringSecrets.Establishment("h", "jti", NOW)),
                    new StoreCommand.IssueEstablishment(
                            "none", new PeeringSecrets.Establishment("h", "jti", NOW)),
                    new StoreCommand.ExchangeSecret("id", "x", "s", NOW),
                    new StoreCommand.ExchangeSecret("id", "h", "s", NOW.plusSeconds(1)),
                    new StoreCommand.ExchangeSecret("id", "h", "s", NOW),
                    new StoreCommand.RevokeEstablishment("id", "jti"),
                    new StoreCommand.PromoteStream("id", "x"),
                    new StoreCommand.PromoteStream("id", "s"),
                    new StoreCommand.PutBundle(
                            new BundleRecord(LKE, "lke.consul", List.of("pem"), 0)),
                    new StoreCommand.PutBundle(
                            new BundleRecord(new PeerName("gke"), "gke.consul", List.of("pem"), 0)),
                    new StoreCommand.RemoveBundle(LKE),
                    new StoreCommand.RemovePeering(LKE),
                    new StoreCommand.PutJoinSecret(
                            new JoinSecretRecord("j", Set.of("/web", "/api"), NOW), NOW),
                    use("none", "/web", "k", NOW),
                    use("j", "/db", "k", NOW),
                    use("j", "/web", "k", NOW.plusSeconds(1)),
                    use("j", "/web", "k", NOW),
                    use("j", "/web", "other", NOW),
                    new StoreCommand.PutAclPolicy(new AclPolicyRecord("p1", "look", "", "", 0, 0)),
                    new StoreCommand.PutAclPolicy(new AclPolicyRecord("p2", "look", "", "", 0, 0)),
                    new StoreCommand.PutAclPolicy(new AclPolicyRecord("p1", "look", "", "", 99, 0)),
                    new StoreCommand.BootstrapAcl(token("a1", "h1", 0), OptionalLong.empty()),
                    new StoreCommand.BootstrapAcl(token("a2", "h2", 0), OptionalLong.empty()),
                    new StoreCommand.PutAclToken(token("a3", "h3", 0), NOW),
                    new StoreCommand.PutAclToken(token("a4", "h3", 0), NOW),
                    new StoreCommand.PutAclToken(token("a5", "h5", 99), NOW),
                    new StoreCommand.RemoveAclToken("a3"),
                    new StoreCommand.RemoveAclPolicy("p1"),
                    method(0),
                    method(99),
                    rule("k8s"),
                    rule("none"),
                    login("l1", METHOD_INDEX),
                    login("l2", 99),
                    new StoreCommand.RemoveAclToken("l1"),
                    new StoreCommand.ForgetExpiredTokens(NOW),
                    new StoreCommand.RemoveBindingRule("r1"),
                    new StoreCommand.RemoveAuthMethod("k8s"),
                    new StoreCommand.RemoveControl(99),
                    new StoreCommand.NoteAct("server.remove", "s1", AuditOutcome.BEGUN),
                    new StoreCommand.NoteAct(
                            "request", "PUT /v1/config", "denied", "", "no right", 3));

    static final String ACTS =
            """
            ca.create | eks.consul | applied |  |  | trust
            ca.create | eks.consul | refused | taken |  | refusal
            ca.write | eks.consul | applied |  |  | trust
            ca.write | eks.consul | refused | stale |  | refusal
            config-entry.write | service-resolver/web | applied |  |  | change
            config-entry.write | service-resolver/web | refused | stale |  | refusal
            config-entry.write | service-intentions/web | applied |  |  | change
            config-entry.write | exported-services/default | applied |  |  | change
            config-entry.delete | service-resolver/web | applied |  |  | change
            peering.write | lke | applied |  |  | change
            peering.write | gke | refused | crowded |  | refusal
            peering-token.generate | lke | applied |  |  | change
            peering-token.generate | none | refused | absent |  | refusal
            peering-token.use | lke | refused | wrong-secret |  | refusal
            peering-token.use | lke | refused | expired |  | refusal
            peering-token.use | lke | applied |  |  | change
            peering-token.revoke | lke | refused | used |  | refusal
            peering.open | lke | refused | wrong-secret |  | refusal
            peering.open | lke | applied |  |  | change
            trust-bundle.write | lke | applied |  |  | change
            trust-bundle.write | gke | refused | absent |  | refusal
            trust-bundle.delete | lke | applied |  |  | change
            peering.remove | lke | applied |  |  | change
            join-token.generate | /api, /web | applied |  |  | trust
            join-token.use | /web | refused | absent |  | refusal
            join-token.use | /db | refused | forbidden |  | refusal
            join-token.use | /web | refused | expired |  | refusal
            join-token.use | /web | applied |  |  | change
            join-token.use | /web | refused | used |  | refusal
            acl-policy.write | look | applied |  |  | trust
            acl-policy.write | look | refused | taken |  | refusal
            acl-policy.write | look | refused | stale |  | refusal
            acl.bootstrap | a1 | applied |  |  | trust
            acl.bootstrap | a2 | refused | used |  | refusal
            acl-token.write | a3 | applied |  | p1, p2 | trust
            acl-token.write | a4 | refused | taken | p1, p2 | refusal
            acl-token.write | a5 | refused | absent | p1, p2 | refusal
            acl-token.delete | a3 | applied |  |  | trust
            acl-policy.delete | p1 | applied |  |  | trust
            auth-method.write | k8s | applied |  |  | trust
            auth-method.write | k8s | refused | stale |  | refusal
            binding-rule.write | r1 | applied |  | k8s | trust
            binding-rule.write | r1 | refused | stale | none | refusal
            login.begin | l1 | applied |  | k8s | change
            login.begin | l2 | refused | stale | k8s | refusal
            login.end | l1 | applied |  |  | change
            binding-rule.delete | r1 | applied |  |  | trust
            auth-method.delete | k8s | applied |  |  | trust
            server.remove | s1 | begun |  |  | trust
            request | PUT /v1/config | denied |  | no right | refusal
            """;

    static final String HEAD =
            "50 f5f2be5d1bf9d470ce0fdc2c25c5f89b6de5ee230fb413408767543c031bbad9";
}
