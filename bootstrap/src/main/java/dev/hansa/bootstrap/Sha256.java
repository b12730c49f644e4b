package dev.hansa.bootstrap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256 (FIPS 180-4), which every JDK has.
public final class Sha256 {
    private Sha256() {}

    /// One that takes its input piece by piece.
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /// 32 bytes.
    public static byte[] of(byte[] bytes) {
        return digest().digest(bytes);
    }

    /// 64 lower-case hex digits.
    public static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(of(bytes));
    }

    /// What is kept where a secret is only compared: hex. A random secret of 122 bits or more needs
    /// no salt.
    public static String hex(Secret secret) {
        return hex(secret.value().getBytes(StandardCharsets.UTF_8));
    }
}
