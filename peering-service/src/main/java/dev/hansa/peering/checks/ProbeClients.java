package dev.hansa.peering.checks;

import dev.hansa.exportedservices.CheckDefinition.Way;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// The clients of one kind of check: in the clear, over TLS, and over TLS that believes whoever
/// answers.
final class ProbeClients implements AutoCloseable {
    private final HttpClient plain;
    private final HttpClient verifying;
    private final HttpClient believing;

    /// @param client makes one of options that say whether it speaks TLS
    /// @param trusting whose certificates are believed, as options say it
    ProbeClients(Function<HttpClientOptions, HttpClient> client, HttpClientOptions trusting) {
        plain = client.apply(new HttpClientOptions());
        verifying = client.apply(trusting.setSsl(true));
        believing =
                client.apply(
                        new HttpClientOptions()
                                .setSsl(true)
                                .setTrustAll(true)
                                .setVerifyHost(false));
    }

    HttpClient of(boolean isTls, Way way) {
        return isTls ? way.ask().skipVerify() ? believing : verifying : plain;
    }

    /// @throws IOException when there is no answer, or none in time
    static Verdict await(Future<Verdict> answer, Duration timeout)
            throws IOException, InterruptedException {
        try {
            return answer.toCompletionStage()
                    .toCompletableFuture()
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new IOException("none in time", e);
        }
    }

    @Override
    public void close() {
        plain.close();
        verifying.close();
        believing.close();
    }
}
