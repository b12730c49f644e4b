package dev.hansa.peering.acl;

import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.store.AclTokenRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// The token that may do everything, with which all others are made.
public final class FirstToken {
    private static final Pattern UUID_FORM =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    /// A UUID and a line's end, with room for a mistake that is then named.
    private static final int MAX_FILE = 256;

    private FirstToken() {}

    public static AclTokenRecord of(Secret secret, Instant now) {
        return new AclTokenRecord(
                UUID.randomUUID().toString(),
                Sha256.hex(secret),
                "Bootstrap Token (Global Management)",
                List.of(BuiltInPolicies.MANAGEMENT.id()),
                List.of(),
                List.of(),
                true,
                now,
                Optional.empty(),
                Optional.empty(),
                0,
                0);
    }

    /// A secret in the form of Consul's tokens, in lower case; empty when it has another.
    public static Optional<String> secret(String text) {
        return Optional.of(text.toLowerCase(Locale.ROOT))
                .filter(lower -> UUID_FORM.matcher(lower).matches());
    }

    /// @throws IOException naming the file, when there is no such secret in it
    public static Secret read(Path file) throws IOException {
        String text;
        try (var input = Files.newInputStream(file)) {
            text = new String(input.readNBytes(MAX_FILE), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new IOException(
                    "acl.initial-management-token-file: expected a file that can be read; found '"
                            + file
                            + "'",
                    e);
        }
        return secret(text)
                .map(Secret::new)
                .orElseThrow(() ->
                        new IOException(
                                "acl.initial-management-token-file '"
                                        + file
                                        + "': expected a UUID; found something else"));
    }
}
