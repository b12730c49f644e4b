package dev.hansa.kubernetes.inject;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// What is the same in every pod, as it is now: the certificates that certify the server change in
/// their file while an injector runs for months, and a pod that got old ones never comes in.
final class CurrentSettings {
    private final Optional<Path> caFile;
    private final Consumer<InjectorEvent> events;

    /// With the certificates that were read last.
    private volatile PodSettings last;

    CurrentSettings(PodSettings atStart, Optional<Path> caFile, Consumer<InjectorEvent> events) {
        this.last = atStart;
        this.caFile = caFile;
        this.events = events;
    }

    /// Reads the file, 64 KiB at most. One that cannot be read leaves what was there before.
    PodSettings get() {
        if (caFile.isPresent()) {
            try {
                last = last.withServerCa(InjectorConfig.pem(caFile.get()));
            } catch (IOException e) {
                events.accept(
                        new InjectorEvent.UpkeepFailed(
                                "cacert: expected certificates in PEM, and those of before are used; found '"
                                        + e.getMessage()
                                        + "'"));
            }
        }
        return last;
    }
}
