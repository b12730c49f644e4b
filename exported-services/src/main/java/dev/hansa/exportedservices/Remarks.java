package dev.hansa.exportedservices;

/// What a registration says that changes nothing here, and that its readers are shown as it was
/// said.
///
/// @param tagOverride whether others may change its tags
/// @param socketPath of a socket on which it listens besides; empty: none was named
/// @param region where it runs; empty: it was not said, as `zone`
public record Remarks(boolean tagOverride, String socketPath, String region, String zone) {
    public static final Remarks NONE = new Remarks(false, "", "", "");
}
