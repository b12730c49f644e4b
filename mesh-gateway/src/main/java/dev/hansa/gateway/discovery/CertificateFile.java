package dev.hansa.gateway.discovery;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.wire.StoredCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateEncodingException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Optional;

/// A proxy's key and certificate on its own disk, readable by its owner alone: a join token buys
/// one certificate, so a proxy that restarts goes on with the one that it has.
final class CertificateFile {
    /// A key and four certificates of 2 KiB.
    private static final int MAX_BYTES = 16 * 1024;

    private final Path file;

    CertificateFile(Path directory, String identityPath) {
        this.file = directory.resolve("identity" + identityPath.replace('/', '_') + ".key");
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
        OwnerOnlyFile.replace(file, stored.build().toByteArray());
    }

    /// Empty when there is none. Whether it is still good is for the caller to see.
    ///
    /// @throws IOException naming the file when there is one that cannot be read
    Optional<ProxyCertificate> load() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("'" + file + "': expected at most " + MAX_BYTES + " bytes");
        }
        try {
            var stored = StoredCertificate.parseFrom(Files.readAllBytes(file));
            var key =
                    KeyFactory.getInstance(stored.getAlgorithm())
                            .generatePrivate(
                                    new PKCS8EncodedKeySpec(stored.getKey().toByteArray()));
            return Optional.of(
                    new ProxyCertificate(
                            key,
                            stored.getChainList().stream().map(RouteCodec::certificate).toList(),
                            Instant.ofEpochMilli(stored.getTakenUnixMs())));
        } catch (InvalidProtocolBufferException
                | GeneralSecurityException
                | IllegalArgumentException e) {
            // the cause may show a part of the key
            throw new IOException(
                    "'" + file + "': expected a key and its certificates; found something else");
        }
    }
}
