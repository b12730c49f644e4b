package dev.hansa.bootstrap;

import java.io.IOException;

/// Fetches the key that secrets are sealed with from where the operator keeps keys: a KMS, a vault,
/// a hardware module. Found by [java.util.ServiceLoader]: put the jar on the class path, name the
/// class in `META-INF/services/dev.hansa.bootstrap.SealKeyProvider`, and set `seal.key` to
/// `<scheme>:<reference>`. Asked once, when a process starts; each process of a datacenter's
/// servers has to get the same key.
public interface SealKeyProvider {
    /// What a setting for this provider begins with, before the colon; neither `file` nor `env`.
    String scheme();

    /// @param reference what the setting says after the colon; no secret
    /// @return [Seal#KEY_BYTES] bytes; the caller overwrites them when it has used them
    /// @throws IOException when there is no answer; its message must not show a secret
    byte[] key(String reference) throws IOException;
}
