package dev.hansa.gateway.discovery;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.bootstrap.Seal;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.wire.StoredCertificate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateEncodingException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/// A proxy's key and certificate on its own disk, sealed and readable by its owner alone: a join
/// token buys one certificate, so a proxy that restarts goes on with the one that it has. First a
/// line that names the format, then the sealed protobuf message.
final class CertificateFile {
    private static final byte[] MAGIC = "HANSA-SEALED-1\n".getBytes(StandardCharsets.US_ASCII);

    /// A key and four certificates of 2 KiB.
    private static final int MAX_BYTES = 16 * 1024;

    private final Path file;
    private final Seal seal;
    private final String place;

    CertificateFile(ProxyDisk disk, String identityPath) {
        this.file = disk.directory().resolve("identity" + identityPath.replace('/', '_') + ".key");
        this.seal = disk.seal();
        this.place = "identity" + identityPath;
    }

    /// Replaces what was there, whole or not at all.
    ///
    /// @throws IOException when the disk does not take it
    void save(ProxyCertificate certificate) throws IOException {
        var stored =
                StoredCertificate.newBuilder()
                        .setKey(ByteString.copyFrom(certificate.key().getEncoded()))
                        .setAlgorithm(certificate.key().getAlgorithm())
                        .setTakenUnixMs(certificate.taken().toEpochMilli());
        for (var each : certificate.chain()) {
            try {
                stored.addChain(ByteString.copyFrom(each.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IOException("'" + file + "': a certificate cannot be encoded", e);
            }
        }
        var sealed = seal.seal(stored.build().toByteArray(), place);
        ProxyDisk.replace(
                file,
                ByteBuffer.allocate(MAGIC.length + sealed.length).put(MAGIC).put(sealed).array());
    }

    /// Empty when there is none. Whether it is still good is for the caller to see. A file of
    /// before keys were sealed is read, and sealed.
    ///
    /// @throws IOException naming the file when there is one that cannot be read
    Optional<ProxyCertificate> load() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("'" + file + "': expected at most " + MAX_BYTES + " bytes");
        }
        var bytes = Files.readAllBytes(file);
        var isSealed =
                bytes.length >= MAGIC.length
                        && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
        if (!isSealed) {
            var found = decoded(bytes);
            try {
                save(found);
            } catch (IOException _) {
                // a full disk must not cost the certificate; the next one is sealed, and says why
                // it cannot be kept
            }
            return Optional.of(found);
        }
        try {
            return Optional.of(
                    decoded(
                            seal.open(
                                    Arrays.copyOfRange(bytes, MAGIC.length, bytes.length), place)));
        } catch (IllegalArgumentException e) {
            throw new IOException("'" + file + "': " + e.getMessage());
        }
    }

    private ProxyCertificate decoded(byte[] message) throws IOException {
        try {
            var stored = StoredCertificate.parseFrom(message);
            var key =
                    KeyFactory.getInstance(stored.getAlgorithm())
                            .generatePrivate(
                                    new PKCS8EncodedKeySpec(stored.getKey().toByteArray()));
            return new ProxyCertificate(
                    key,
                    stored.getChainList().stream().map(RouteCodec::certificate).toList(),
                    Instant.ofEpochMilli(stored.getTakenUnixMs()));
        } catch (InvalidProtocolBufferException
                | GeneralSecurityException
                | IllegalArgumentException e) {
            // the cause may show a part of the key
            throw new IOException(
                    "'" + file + "': expected a key and its certificates; found something else");
        }
    }
}
