package dev.hansa.peering.acl;

import java.util.Optional;

/// What rules are about, by the words of Consul's rule language.
///
/// The authority (`ca`) is a word of ours: Consul has it under `operator`, which decides here too
/// where no rule says `ca`.
public enum Resource {
    ACL("acl", false),
    AGENT("agent", true),
    OPERATOR("operator", false),
    CA("ca", false),
    MESH("mesh", false),
    NODE("node", true),
    PEERING("peering", false),
    SERVICE("service", true),
    /// Who may call a service. A rule says it within the service's, as `intentions`.
    INTENTIONS("intentions", true);

    private final String word;
    private final boolean named;

    Resource(String word, boolean named) {
        this.word = word;
        this.named = named;
    }

    public String word() {
        return word;
    }

    /// Whether there are many, each with a name.
    boolean isNamed() {
        return named;
    }

    /// Whose rule decides where there is none about this one.
    Optional<Resource> fallback() {
        return switch (this) {
            case CA, MESH, PEERING -> Optional.of(OPERATOR);
            case ACL, AGENT, OPERATOR, NODE, SERVICE, INTENTIONS -> Optional.empty();
        };
    }
}
