package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.api.ApiException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Asks again until there is an answer, for a bounded time: pods of one installation start in no
/// order. Says why it waits, each reason once.
///
/// @param limit after which it is given up; Kubernetes starts the pod anew then
/// @param says what is waited for
record Patience(Duration limit, Consumer<String> says) {
    /// What is waited for takes seconds; the API server and the servers are asked by a handful of
    /// pods at once.
    private static final Duration PAUSE = Duration.ofSeconds(1);

    @FunctionalInterface
    interface Attempt<T> {
        /// @return empty: not yet
        Optional<T> ask() throws ApiException, IOException, InterruptedException;
    }

    /// @param subject what is waited for, for sentences
    /// @throws IOException when the limit is over, with the last reason
    <T> T until(String subject, Attempt<T> attempt) throws IOException, InterruptedException {
        var begun = System.nanoTime();
        var said = "";
        while (true) {
            String why;
            try {
                var found = attempt.ask();
                if (found.isPresent()) {
                    return found.get();
                }
                why = "not there yet";
            } catch (ApiException e) {
                why = e.sentence();
            } catch (KubernetesClientException e) {
                why = "HTTP " + e.getCode() + " of the API server of Kubernetes";
            }
            if (!why.equals(said)) {
                says.accept("waiting for " + subject + ": " + ForeignText.shown(why, 500));
                said = why;
            }
            if (System.nanoTime() - begun > limit.toNanos()) {
                throw new IOException(
                        subject
                                + ": expected within "
                                + limit.toSeconds()
                                + "s; found '"
                                + ForeignText.shown(why, 500)
                                + "'");
            }
            Thread.sleep(PAUSE);
        }
    }
}
