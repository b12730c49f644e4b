package dev.hansa.cli;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What a server shows to whoever asks it: its time, and its certificate.
///
/// @param name of its node; empty where it may not be read
/// @param ahead how far its clock is before ours; empty where it does not say the time
/// @param certificate of its HTTP API, or of what stands before that; empty without TLS
record ServerFace(String name, Optional<Duration> ahead, Optional<X509Certificate> certificate) {
    /// A `Date` is cut to the second.
    private static final Duration HALF_A_SECOND = Duration.ofMillis(500);

    /// @param asked by our clock, and so is `answered`: in the middle the server wrote its answer
    static ServerFace of(String name, ApiClient.Dated answer, Instant asked, Instant answered) {
        var middle = asked.plus(Duration.between(asked, answered).dividedBy(2));
        return new ServerFace(
                name,
                answer.at().map(at -> Duration.between(middle, at.plus(HALF_A_SECOND))),
                answer.certificate());
    }
}
