package dev.hansa.gateway.discovery;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.wire.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;

/// The last good snapshot on the proxy's own disk: SHA-256 of the rest, then the protobuf message.
/// Replaced whole, or not at all. It holds names, addresses and root certificates, and no key.
final class SnapshotFile {
    private static final int DIGEST = 32;

    private final Path file;

    SnapshotFile(Path directory, String identityPath) {
        this.file = directory.resolve("routes" + identityPath.replace('/', '_') + ".snapshot");
    }

    /// @param snapshot as it came
    /// @throws IOException when the disk does not take it
    void save(Snapshot snapshot) throws IOException {
        var body = snapshot.toByteArray();
        var bytes = Arrays.copyOf(Sha256.of(body), DIGEST + body.length);
        System.arraycopy(body, 0, bytes, DIGEST, body.length);
        ProxyDisk.replace(file, bytes);
    }

    /// Empty when there is none.
    ///
    /// @throws IOException naming the file when there is one that cannot be believed
    Optional<RouteSnapshot> load() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (Files.size(file) > ProxyRpc.MAX_MESSAGE_BYTES + DIGEST) {
            throw new IOException(
                    "'" + file + "': expected at most " + ProxyRpc.MAX_MESSAGE_BYTES + " bytes");
        }
        var bytes = Files.readAllBytes(file);
        var body = Arrays.copyOfRange(bytes, Math.min(DIGEST, bytes.length), bytes.length);
        if (bytes.length < DIGEST
                || !MessageDigest.isEqual(Sha256.of(body), Arrays.copyOf(bytes, DIGEST))) {
            throw new IOException(
                    "'" + file + "': expected a whole snapshot; found a torn or altered one");
        }
        try {
            return Optional.of(RouteCodec.decode(Snapshot.parseFrom(body)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException("'" + file + "': expected a snapshot: " + e.getMessage(), e);
        }
    }
}
