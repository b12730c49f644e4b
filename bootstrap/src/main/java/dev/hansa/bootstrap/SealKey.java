package dev.hansa.bootstrap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where a process finds the key that it seals secrets with before they go to its disk: in its data
/// directory, where it made it at its first start, or where the operator says, and then nothing of
/// it is ever written.
///
/// @param scheme `file`, `env` or a [SealKeyProvider]'s; empty: in the data directory
public record SealKey(String scheme, String reference) {
    public static final SealKey IN_DATA_DIR = new SealKey("", "");

    public static final Settings.Key SETTING =
            new Settings.Key(
                    "seal.key",
                    "file:PATH|env:NAME",
                    "key that secrets on the disk are sealed with, 32 bytes (default: made in data-dir)");

    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]{0,31}");

    /// Base64 of a key is 44 characters; a file may end with a line's end.
    private static final int MAX_FILE = 1024;

    /// A problem does not show the value: it may be the key itself, by mistake.
    public static SealKey read(Settings settings) {
        var text = settings.text(SETTING.name(), "");
        if (text.isEmpty()) {
            return IN_DATA_DIR;
        }
        var colon = text.indexOf(':');
        if (colon < 1
                || colon == text.length() - 1
                || !SCHEME.matcher(text.substring(0, colon)).matches()) {
            settings.problem(
                    SETTING.name(),
                    "expected where the key is, as file:PATH, env:NAME or a provider's scheme and"
                            + " reference; found none of them");
            return IN_DATA_DIR;
        }
        return new SealKey(text.substring(0, colon), text.substring(colon + 1));
    }

    public boolean isInDataDir() {
        return scheme.isEmpty();
    }

    /// Fetches the key.
    ///
    /// @param file where it is when it is in the data directory
    /// @param mayMake whether it is made there when there is none: nothing has been sealed yet
    /// @throws SealException when there is none, or something else
    /// @throws IOException when the disk or a provider fails
    public Seal load(Path file, boolean mayMake) throws IOException {
        return load(file, mayMake, System.getenv());
    }

    Seal load(Path file, boolean mayMake, Map<String, String> environment) throws IOException {
        return switch (scheme) {
            case "" -> inDataDir(file, mayMake);
            case "file" -> inFile(Path.of(reference));
            case "env" ->
                    seal(
                            decoded(environment.get(reference)),
                            "the environment variable '" + reference + "'");
            default -> seal(provider().key(reference), "the key of the provider '" + scheme + "'");
        };
    }

    private static Seal inDataDir(Path file, boolean mayMake) throws IOException {
        var source = "the key in '" + file + "'";
        if (!Files.exists(file)) {
            if (!mayMake) {
                throw new SealException(
                        "'"
                                + file
                                + "': expected the key that secrets are sealed with; found no such"
                                + " file");
            }
            var key = new byte[Seal.KEY_BYTES];
            new SecureRandom().nextBytes(key);
            OwnDisk.write(file, key);
            return seal(key, source);
        }
        OwnDisk.ownerOnly(file, "rw-------");
        return seal(bytes(file), source);
    }

    /// 32 bytes, or base64 of them.
    private static Seal inFile(Path file) throws IOException {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new SealException(
                    "'"
                            + file
                            + "': expected the key that secrets are sealed with; found no file that"
                            + " can be read");
        }
        var bytes = bytes(file);
        return seal(
                bytes.length == Seal.KEY_BYTES
                        ? bytes
                        : decoded(new String(bytes, StandardCharsets.US_ASCII)),
                "the key in '" + file + "'");
    }

    private static byte[] bytes(Path file) throws IOException {
        try (var input = Files.newInputStream(file)) {
            return input.readNBytes(MAX_FILE);
        }
    }

    /// Nothing where it is not base64: the decoder's message would show a character of it.
    private static byte[] decoded(@Nullable String text) {
        try {
            return Base64.getDecoder().decode(text == null ? "" : text.strip());
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static Seal seal(byte[] key, String source) throws SealException {
        try {
            if (key.length != Seal.KEY_BYTES) {
                throw new SealException(
                        source
                                + ": expected a key of "
                                + Seal.KEY_BYTES
                                + " bytes; found "
                                + (key.length == 0 ? "none" : String.valueOf(key.length)));
            }
            return new Seal(key, source);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private SealKeyProvider provider() throws SealException {
        for (var provider : ServiceLoader.load(SealKeyProvider.class)) {
            if (provider.scheme().toLowerCase(Locale.ROOT).equals(scheme)) {
                return provider;
            }
        }
        throw new SealException(
                SETTING.name()
                        + ": expected file, env or the scheme of a provider on the class path;"
                        + " found '"
                        + scheme
                        + "'");
    }
}
