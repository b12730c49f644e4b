package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.api.AclApi;
import dev.hansa.kubernetes.api.ApiAccess;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.HansaApi;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// How a pod gets a join token: it logs in with the token of its service account, asks, and logs
/// out.
///
/// @param bearerFile the service account's token
/// @param out where the join token is written, owner-only
/// @param waitLimit how long the servers, and the rules that let this pod in, are waited for
record LoginSettings(
        URI server,
        Optional<Path> caFile,
        String method,
        Path bearerFile,
        Path out,
        Duration waitLimit) {
    /// The process that it is for starts at once, and may be away from the others for hours before
    /// it has joined: nobody renews a token in a pod that goes on. It works once, and lies in
    /// memory of its pod alone.
    private static final Duration TOKEN_LIFE = Duration.ofHours(24);

    /// A service account's token has some 1,000 characters, with many claims 4,000.
    private static final int MAX_BEARER = 16 * 1024;

    private static final List<Settings.Key> OWN =
            List.of(
                    BootstrapConfig.HTTP_ADDR,
                    new Settings.Key(
                            "cacert",
                            "FILE",
                            "the only certificates, PEM, that certify a server at https://"),
                    BootstrapConfig.METHOD,
                    new Settings.Key(
                            "bearer-token-file",
                            "FILE",
                            "the service account's token (default: /var/run/secrets/hansa/token)"),
                    new Settings.Key(
                            "out",
                            "DIR",
                            "where what the process needs is written (default: /hansa/connect)"),
                    BootstrapConfig.WAIT_LIMIT);

    @FunctionalInterface
    interface Asking {
        Secret ask(AclApi api) throws ApiException, InterruptedException;
    }

    static List<Settings.Key> keysWith(Settings.Key... others) {
        return Stream.concat(OWN.stream(), Stream.of(others)).toList();
    }

    static LoginSettings read(Settings settings) {
        return new LoginSettings(
                BootstrapConfig.server(settings),
                settings.optionalPath("cacert"),
                BootstrapConfig.method(settings),
                settings.path("bearer-token-file", Path.of("/var/run/secrets/hansa/token")),
                settings.path("out", Path.of("/hansa/connect")),
                settings.duration(BootstrapConfig.WAIT_LIMIT.name(), Duration.ofMinutes(10)));
    }

    /// The file that [#fetch] writes.
    Path tokenFile() {
        return out.resolve("join-token");
    }

    /// Writes a join token.
    ///
    /// @param subject whose, for sentences
    /// @throws IOException when nobody gives one in time
    void fetch(String subject, Patience patience, Asking asking)
            throws IOException, InterruptedException {
        try (var api = new HansaApi(new ApiAccess(server, caFile, Optional.empty()))) {
            var stranger = new AclApi(api, Optional.empty());
            var token =
                    patience.until(
                            "join token of " + subject + " at " + server,
                            () -> {
                                // it is replaced while it is waited
                                var login = stranger.login(method, bearer());
                                var own = new AclApi(api, Optional.of(login));
                                try {
                                    return Optional.of(asking.ask(own));
                                } finally {
                                    own.logout();
                                }
                            });
            OwnDisk.write(tokenFile(), token.value().getBytes(StandardCharsets.UTF_8));
        }
    }

    static Duration tokenLife() {
        return TOKEN_LIFE;
    }

    private Secret bearer() throws IOException {
        if (Files.size(bearerFile) > MAX_BEARER) {
            throw new IOException(
                    "bearer-token-file '"
                            + bearerFile
                            + "': expected at most "
                            + MAX_BEARER
                            + " bytes; found more");
        }
        return new Secret(Files.readString(bearerFile).strip());
    }
}
