package dev.hansa.gateway.discovery;

import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Seal;
import dev.hansa.bootstrap.SealKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A proxy's data directory, and what its keys are sealed with there.
public record ProxyDisk(Path directory, Seal seal) {
    static final String KEY_FILE = "seal.key";

    /// @throws IOException naming what is missing
    public static ProxyDisk open(Path directory, SealKey key) throws IOException {
        Files.createDirectories(directory.toAbsolutePath());
        return new ProxyDisk(directory, key.load(directory.resolve(KEY_FILE), true));
    }

    /// Replaces a file whole, or not at all; it is its owner's alone.
    ///
    /// @throws IOException when the disk does not take it
    static void replace(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        OwnDisk.write(file, bytes);
    }
}
