package dev.hansa.bootstrap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Seals what must not be read on a disk: AES-256-GCM, a random nonce of 12 bytes before each
/// sealed text. What is sealed opens only at the place that it was sealed for, so that none can be
/// moved to another.
public final class Seal {
    public static final int KEY_BYTES = 32;

    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int TAG_BITS = 128;

    /// Random, as NIST SP 800-38D 8.2.2 allows for up to 2^32 sealings under one key; a process
    /// seals a few times an hour.
    private static final int NONCE_BYTES = 12;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final SecretKey key;
    private final String source;

    /// @param key of [#KEY_BYTES]
    /// @param source where it comes from, for those who have to find it
    Seal(byte[] key, String source) {
        this.key = new SecretKeySpec(key, "AES");
        this.source = source;
    }

    /// @param place where it is kept; not secret, and needed again to open it
    public byte[] seal(byte[] text, String place) {
        var nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        try {
            var sealed = cipher(Cipher.ENCRYPT_MODE, nonce, place).doFinal(text);
            return ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed).array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + CIPHER, e);
        }
    }

    /// @throws IllegalArgumentException when it was sealed with another key, for another place, or
    ///   not at all
    public byte[] open(byte[] sealed, String place) {
        try {
            if (sealed.length < NONCE_BYTES) {
                throw new AEADBadTagException("too short");
            }
            var nonce = new byte[NONCE_BYTES];
            System.arraycopy(sealed, 0, nonce, 0, NONCE_BYTES);
            return cipher(Cipher.DECRYPT_MODE, nonce, place)
                    .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw unopened(place);
        }
    }

    /// For what is not even sealed.
    public IllegalArgumentException unopened(String place) {
        return new IllegalArgumentException(
                "secret of '"
                        + place
                        + "': expected one sealed with "
                        + source
                        + "; found another");
    }

    /// Tells two keys apart, and tells nothing of them.
    public byte[] digest() {
        var text = "hansa sealing key ".getBytes(StandardCharsets.US_ASCII);
        var bytes = key.getEncoded();
        return Sha256.of(
                ByteBuffer.allocate(text.length + bytes.length).put(text).put(bytes).array());
    }

    /// The key, for another server of the same datacenter. Never log it.
    public byte[] key() {
        return key.getEncoded();
    }

    private Cipher cipher(int mode, byte[] nonce, String place) throws GeneralSecurityException {
        var cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(place.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
