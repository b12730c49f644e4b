package dev.hansa.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The flags that every command has which asks a server. No description shows a value: what is set
/// in the environment may be a secret.
final class AccessOptions {
    @Option(
            names = "--http-addr",
            order = 100,
            paramLabel = "URL",
            description =
                    "The server's HTTP API, http:// or https:// (default: HANSA_HTTP_ADDR, then CONSUL_HTTP_ADDR, then "
                            + ApiAccess.DEFAULT_ADDRESS
                            + ").")
    private @Nullable String address;

    @Option(
            names = "--token",
            order = 101,
            paramLabel = "TOKEN",
            description =
                    "The token to ask with (default: HANSA_TOKEN, then CONSUL_HTTP_TOKEN). The process list shows it: --token-file does not.")
    private @Nullable String token;

    @Option(
            names = "--token-file",
            order = 102,
            paramLabel = "FILE",
            description =
                    "A file with the token to ask with (default: HANSA_TOKEN_FILE, then CONSUL_HTTP_TOKEN_FILE).")
    private @Nullable String tokenFile;

    @Option(
            names = "--ca-file",
            order = 103,
            paramLabel = "FILE",
            description =
                    "The only certificates, PEM, that certify a server at https:// (default: HANSA_CACERT, then CONSUL_CACERT, then the JVM's).")
    private @Nullable String caFile;

    @Option(
            names = "--tls-server-name",
            order = 104,
            paramLabel = "NAME",
            description =
                    "Whose certificate the server must have (default: HANSA_TLS_SERVER_NAME, then CONSUL_TLS_SERVER_NAME, then the address's host).")
    private @Nullable String serverName;

    @Option(
            names = "--profile",
            order = 105,
            paramLabel = "NAME",
            description =
                    "Address, token file and CA file as 'hansa profile set' has saved them; no variable counts then.")
    private @Nullable String profile;

    Optional<String> tokenFile() {
        return Optional.ofNullable(tokenFile);
    }

    boolean hasToken() {
        return token != null;
    }

    Optional<String> profile() {
        return Optional.ofNullable(profile);
    }

    /// @param apiTokenFile what `--token-file` says of the API's token
    ApiAccess.Flags flags(Optional<String> apiTokenFile) {
        return new ApiAccess.Flags(
                Optional.ofNullable(address),
                Optional.ofNullable(token),
                apiTokenFile,
                Optional.ofNullable(caFile),
                Optional.ofNullable(serverName));
    }
}
