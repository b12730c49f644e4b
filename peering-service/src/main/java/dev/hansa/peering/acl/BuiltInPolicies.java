package dev.hansa.peering.acl;

import dev.hansa.peering.store.AclPolicyRecord;
import java.util.List;
import java.util.Optional;

/// Policies that are always there and cannot be changed, under Consul's ids and names.
public final class BuiltInPolicies {
    /// Everything.
    public static final AclPolicyRecord MANAGEMENT =
            new AclPolicyRecord(
                    "00000000-0000-0000-0000-000000000001",
                    "global-management",
                    "A policy that allows everything",
                    rules("write"),
                    1,
                    1);

    /// Seeing everything but secrets.
    public static final AclPolicyRecord READ_ONLY =
            new AclPolicyRecord(
                    "00000000-0000-0000-0000-000000000002",
                    "builtin/global-read-only",
                    "A policy that allows reading everything",
                    rules("read"),
                    1,
                    1);

    public static final List<AclPolicyRecord> ALL = List.of(MANAGEMENT, READ_ONLY);

    private BuiltInPolicies() {}

    private static String rules(String level) {
        return """
        acl = "LEVEL"
        ca = "LEVEL"
        mesh = "LEVEL"
        operator = "LEVEL"
        peering = "LEVEL"
        agent_prefix "" {
          policy = "LEVEL"
        }
        node_prefix "" {
          policy = "LEVEL"
        }
        service_prefix "" {
          policy = "LEVEL"
          intentions = "LEVEL"
        }
        """
                .replace("LEVEL", level);
    }

    public static Optional<AclPolicyRecord> byId(String id) {
        return ALL.stream().filter(policy -> policy.id().equals(id)).findFirst();
    }
}
