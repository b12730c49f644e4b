package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Secret;
import dev.hansa.kubernetes.api.ApiAccess;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.PodApi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// What runs in a pod before its sidecar: proves by the pod's service account who it is, waits
/// until the catalog knows the pod, and leaves a join token that works once for the sidecar.
final class ConnectInit {
    /// The catalog hears of a pod in some tenths of a second; hundreds of pods may ask at once.
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /// The sidecar uses it a second later, or when its node has got the image; one that could not
    /// reach a server for hours, in a pod that goes on, still comes in. It works once, and lies in
    /// memory of this pod alone.
    private static final String JOIN_LIFE = "24h";

    /// As the server takes at most, and it would be a strange token.
    private static final long MAX_BEARER = 16 << 10;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ConnectInitConfig config;
    private final Consumer<String> log;
    private final long end;
    private String last = "";

    /// Why it has given up: the exit status, from which the injector makes an Event's reason.
    enum Failure {
        /// The server could not be asked, or has not let the pod in.
        NOT_ADMITTED(1, "ConnectInitFailed"),
        NO_SERVICE(3, "NoService"),
        SEVERAL_SERVICES(4, "SeveralServices"),
        /// The Service that selects the pod is not named as its service account.
        OTHER_SERVICE(5, "OtherService");

        private final int status;
        private final String word;

        Failure(int status, String word) {
            this.status = status;
            this.word = word;
        }

        int status() {
            return status;
        }

        String word() {
            return word;
        }

        static Failure of(int status) {
            return Arrays.stream(values())
                    .filter(one -> one.status == status)
                    .findFirst()
                    .orElse(NOT_ADMITTED);
        }
    }

    /// Ends it with one sentence.
    static final class GaveUpException extends Exception {
        private static final long serialVersionUID = 1;

        private final Failure failure;

        GaveUpException(Failure failure, String sentence) {
            super(sentence);
            this.failure = failure;
        }

        Failure failure() {
            return failure;
        }
    }

    ConnectInit(ConnectInitConfig config, Consumer<String> log) {
        this.config = config;
        this.log = log;
        this.end = System.nanoTime() + config.timeout().toNanos();
    }

    /// @throws GaveUpException after the timeout at the latest
    /// @throws IOException when a file cannot be read or written, naming it
    void run() throws GaveUpException, IOException, InterruptedException {
        var name = "'" + config.member().name() + "'";
        log.accept(
                "pod '"
                        + pod()
                        + "' joins as service "
                        + name
                        + ", upstreams: "
                        + config.upstreams());
        try (var api = new PodApi(new ApiAccess(config.server(), ca(), Optional.empty()))) {
            var token =
                    insist(
                            "a login at auth method '" + config.authMethod() + "'",
                            () -> api.login(config.authMethod(), bearer(), pod()));
            try {
                if (!config.member().onlyCalls()) {
                    awaitInstance(api, token, config.member());
                }
                var join = insist("a join token", () -> api.joinToken(token, wanted()));
                OwnDisk.write(config.out(), join.value().getBytes(StandardCharsets.UTF_8));
                log.accept("join token for " + name + " written to '" + config.out() + "'");
            } finally {
                logout(api, token);
            }
        }
    }

    private String pod() {
        return config.namespace() + "/" + config.pod();
    }

    /// PEM that came as text goes beside the join token: a file is what is asked for.
    private Optional<Path> ca() throws IOException {
        if (config.caPem().isEmpty()) {
            return config.caFile();
        }
        var file = config.out().resolveSibling("server-ca.pem");
        OwnDisk.write(file, config.caPem().get().getBytes(StandardCharsets.UTF_8));
        return Optional.of(file);
    }

    /// Read for each attempt: a kubelet renews it.
    private Secret bearer() throws ApiException {
        var file = config.bearerTokenFile();
        try {
            if (Files.size(file) > MAX_BEARER) {
                throw ApiException.refused(
                        "token file '" + file + "': expected at most " + MAX_BEARER + " bytes");
            }
            return new Secret(Files.readString(file, StandardCharsets.US_ASCII).strip());
        } catch (IOException e) {
            throw ApiException.refused(
                    "token file '"
                            + file
                            + "': expected to be readable; found '"
                            + e.getClass().getSimpleName()
                            + "'");
        }
    }

    private ObjectNode wanted() {
        var body = JSON.createObjectNode().put("TTL", JOIN_LIFE);
        body.putArray("Services").add(config.member().name());
        return body;
    }

    @FunctionalInterface
    private interface Question<T> {
        T ask() throws ApiException, InterruptedException;
    }

    /// A refusal may be one of the moment too: the rule by which the pod may come in is written by
    /// whoever installs the server, perhaps at this moment.
    private <T> T insist(String what, Question<T> question)
            throws GaveUpException, InterruptedException {
        while (true) {
            try {
                return question.ask();
            } catch (ApiException e) {
                var sentence =
                        "pod '" + pod() + "': expected " + what + "; found '" + e.sentence() + "'";
                if (isOver()) {
                    throw new GaveUpException(Failure.NOT_ADMITTED, sentence);
                }
                say(sentence + "; again");
                TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
            }
        }
    }

    private boolean isOver() {
        return System.nanoTime() + PAUSE.toNanos() - end >= 0;
    }

    /// Waits until exactly one Service has this pod, and that it is the pod's own.
    private void awaitInstance(PodApi api, Secret token, ConnectInitConfig.Member member)
            throws GaveUpException, InterruptedException {
        while (true) {
            var found =
                    insist(
                            "the catalog's services",
                            () -> api.services(token, filter(member.kubernetesService())));
            if (found.size() == 1 && found.first().equals(member.name())) {
                return;
            }
            var failure = failure(found);
            var sentence =
                    "pod '"
                            + pod()
                            + "': expected that one Service selects it, with instances of service '"
                            + member.name()
                            + "', its service account; found "
                            + found(found);
            if (isOver()) {
                throw new GaveUpException(failure, sentence);
            }
            say(sentence + "; waits");
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    private static Failure failure(SortedSet<String> found) {
        return switch (found.size()) {
            case 0 -> Failure.NO_SERVICE;
            case 1 -> Failure.OTHER_SERVICE;
            default -> Failure.SEVERAL_SERVICES;
        };
    }

    private static String found(SortedSet<String> found) {
        return found.isEmpty()
                ? "none (no Service selects it, several do, or one that is named otherwise: its Events say which)"
                : found.stream()
                        .map(name -> "'" + ForeignText.shown(name) + "'")
                        .collect(Collectors.joining(" and "));
    }

    /// What the catalog has of this pod by a Service: a sidecar's own registration names none.
    private String filter(Optional<String> kubernetesService) {
        var filter = "ServiceMeta[\"pod-uid\"] == \"" + config.podUid() + "\"";
        return filter
                + kubernetesService
                        .map(name ->
                                " and ServiceMeta[\"k8s-service-name\"] == \""
                                        + name.replaceAll("[^0-9A-Za-z.-]", "")
                                        + "\"")
                        .orElse(" and ServiceMeta[\"k8s-service-name\"] != \"\"");
    }

    /// Each thing once: what changes nothing is not repeated each second.
    private void say(String sentence) {
        if (!sentence.equals(last)) {
            last = sentence;
            log.accept(sentence);
        }
    }

    /// It ends with the pod's token anyway, in ten minutes.
    private void logout(PodApi api, Secret token) throws InterruptedException {
        try {
            api.logout(token);
        } catch (ApiException e) {
            log.accept("the login's token stays until its end: " + e.sentence());
        }
    }
}
