package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Seals each secret before it goes to the disk: AES-256-GCM, with a key in a file of its own
/// beside the database. A copy of the database alone then tells no secret; whoever reads the whole
/// data directory reads them all. A sealed secret opens only at the place it was sealed for, so
/// that none can be moved to another record.
final class SecretSeal {
    static final String FILE = "secrets.key";

    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int KEY_BYTES = 32;
    private static final int TAG_BITS = 128;

    /// Random, as NIST SP 800-38D 8.2.2 allows for up to 2^32 sealings under one key; a server
    /// writes a secret a few times an hour.
    private static final int NONCE_BYTES = 12;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path file;
    private final SecretKey key;

    private SecretSeal(Path file, byte[] key) {
        this.file = file;
        this.key = new SecretKeySpec(key, "AES");
    }

    /// Reads the key of a data directory, or makes one where there is no database yet.
    ///
    /// @throws StoreFailure when there is a database but not its key
    static SecretSeal open(Path dataDir, Path database) throws IOException {
        var file = dataDir.resolve(FILE);
        if (!Files.exists(file)) {
            if (Files.exists(database)) {
                throw new StoreFailure(
                        "'"
                                + file
                                + "': expected the key that the secrets in '"
                                + database
                                + "' are sealed with; found no such file",
                        null);
            }
            make(file);
        }
        OwnDisk.ownerOnly(file, "rw-------");
        var key = Files.readAllBytes(file);
        if (key.length != KEY_BYTES) {
            throw new StoreFailure(
                    "'"
                            + file
                            + "': expected a key of "
                            + KEY_BYTES
                            + " bytes; found "
                            + key.length,
                    null);
        }
        return new SecretSeal(file, key);
    }

    private static void make(Path file) throws IOException {
        var key = new byte[KEY_BYTES];
        RANDOM.nextBytes(key);
        OwnDisk.write(file, key);
    }

    /// The key of a data directory, for another server of the same datacenter.
    static byte[] key(Path dataDir) throws IOException {
        return Files.readAllBytes(dataDir.resolve(FILE));
    }

    /// Takes over the key of the datacenter's other servers, before anything was sealed.
    ///
    /// @throws StoreFailure when it is none
    static void take(Path dataDir, byte[] key) throws IOException {
        if (key.length != KEY_BYTES) {
            throw new StoreFailure(
                    "the datacenter's sealing key: expected "
                            + KEY_BYTES
                            + " bytes; found "
                            + key.length,
                    null);
        }
        OwnDisk.write(dataDir.resolve(FILE), key);
    }

    /// @param place where it is kept; not secret, and needed again to open it
    String seal(Secret secret, String place) {
        var nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        try {
            var sealed =
                    cipher(Cipher.ENCRYPT_MODE, nonce, place)
                            .doFinal(secret.value().getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder()
                    .encodeToString(
                            ByteBuffer.allocate(nonce.length + sealed.length)
                                    .put(nonce)
                                    .put(sealed)
                                    .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + CIPHER, e);
        }
    }

    /// @throws IllegalArgumentException when it was sealed with another key, for another place, or
    ///   not at all
    Secret open(String sealed, String place) {
        try {
            var bytes = Base64.getDecoder().decode(sealed);
            if (bytes.length < NONCE_BYTES) {
                throw new AEADBadTagException("too short");
            }
            var nonce = new byte[NONCE_BYTES];
            System.arraycopy(bytes, 0, nonce, 0, NONCE_BYTES);
            var opened =
                    cipher(Cipher.DECRYPT_MODE, nonce, place)
                            .doFinal(bytes, NONCE_BYTES, bytes.length - NONCE_BYTES);
            return new Secret(new String(opened, StandardCharsets.UTF_8));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // the decoder's message would show a character of what it was given
            throw new IllegalArgumentException(
                    "secret of '"
                            + place
                            + "': expected one sealed with the key in '"
                            + file
                            + "'; found another");
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String place) throws GeneralSecurityException {
        var cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(place.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
