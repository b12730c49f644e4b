package dev.hansa.benchmarks.sidecar;

import dev.hansa.benchmarks.gateway.Helper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Starts the two programs of this package.
public final class TlsPrograms {
    private TlsPrograms() {}

    /// Listens in the clear when this returns.
    ///
    /// @param folder of the certificates' files, as [Mesh] has made them
    /// @param pin words before its command that bind it to its core; empty: none
    public static Helper backend(Path folder, List<String> pin, String host, int plain, int secured)
            throws IOException {
        return Helper.start(
                TlsBackend.class,
                pin,
                folder.toString(),
                host,
                Integer.toString(plain),
                Integer.toString(secured));
    }

    /// Listens by TLS too when this returns.
    public static void open(Helper backend) throws IOException {
        backend.order(TlsBackend.Manner.CLASSICAL.name());
    }

    public static Helper load(Path folder, List<String> pin) throws IOException {
        return Helper.start(TlsLoad.class, pin, folder.toString());
    }
}
