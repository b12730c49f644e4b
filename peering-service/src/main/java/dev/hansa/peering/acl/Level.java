package dev.hansa.peering.acl;

import java.util.Optional;

/// How far a rule lets its holder go. Later ones include what is before them, but for denying,
/// which includes nothing.
public enum Level {
    DENY("deny"),
    READ("read"),
    WRITE("write");

    private final String word;

    Level(String word) {
        this.word = word;
    }

    /// As rules have it.
    public String word() {
        return word;
    }

    /// @return empty: no rule has this word
    static Optional<Level> named(String word) {
        return switch (word) {
            case "deny" -> Optional.of(DENY);
            // Consul's `list` is about keys, which there are none of here
            case "read", "list" -> Optional.of(READ);
            case "write" -> Optional.of(WRITE);
            default -> Optional.empty();
        };
    }

    boolean allows(Level asked) {
        return this != DENY && compareTo(asked) >= 0;
    }

    /// Of two rules of one token about the same thing: who is denied somewhere is denied.
    static Level stronger(Level one, Level other) {
        if (one == DENY || other == DENY) {
            return DENY;
        }
        return one == WRITE || other == WRITE ? WRITE : READ;
    }
}
