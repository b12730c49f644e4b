package dev.hansa.exportedservices;

import java.util.Objects;

/// What a registration says that changes nothing here, and that its readers are shown as it was
/// said.
///
/// @param tagOverride whether others may change its tags
/// @param socketPath of a socket on which it listens besides; empty: none was named
/// @param region where it runs; empty: it was not said, as `zone`
/// @param speaksMesh whether it says to end the mesh's TLS itself
/// @param proxy what a proxy says of itself, a JSON object; empty: it is no proxy
public record Remarks(
        boolean tagOverride,
        String socketPath,
        String region,
        String zone,
        boolean speaksMesh,
        String proxy) {
    public static final Remarks NONE = new Remarks(false, "", "", "", false, "");

    public Remarks {
        // what was written before proxies could be registered does not have it
        proxy = Objects.requireNonNullElse(proxy, "");
    }
}
