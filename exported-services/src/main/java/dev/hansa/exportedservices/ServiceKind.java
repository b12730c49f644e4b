package dev.hansa.exportedservices;

/// What an instance is in the catalog; the word is Consul's.
public enum ServiceKind {
    TYPICAL(""),
    CONNECT_PROXY("connect-proxy"),
    MESH_GATEWAY("mesh-gateway");

    private final String word;

    ServiceKind(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /// @throws IllegalArgumentException for a kind that is not known here
    public static ServiceKind of(String word) {
        for (var kind : values()) {
            if (kind.word.equals(word)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "expected '', connect-proxy or mesh-gateway; found '" + word + "'");
    }
}
