package dev.hansa.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The flags that every command has which asks a server. No description shows a value: what is set
/// in the environment may be a secret.
final class AccessOptions {
    /// As Consul calls what is alone of its kind.
    private static final String ONLY = "default";

    private static final String VERIFY = "CONSUL_HTTP_SSL_VERIFY";
    private static final String PASSWORD = "CONSUL_HTTP_AUTH";

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

    @Option(
            names = "--ca-path",
            order = 103,
            paramLabel = "FOLDER",
            description =
                    "The same as --ca-file with all files of a folder (default: HANSA_CAPATH, then CONSUL_CAPATH).")
    private @Nullable String caPath;

    @Option(
            names = "--client-cert",
            order = 103,
            paramLabel = "FILE",
            description =
                    "A certificate, PEM, that shows who asks, where a server or what stands before it wants one (default: HANSA_CLIENT_CERT, then CONSUL_CLIENT_CERT).")
    private @Nullable String certificate;

    @Option(
            names = "--client-key",
            order = 103,
            paramLabel = "FILE",
            description =
                    "Its private key, PEM, not encrypted (default: HANSA_CLIENT_KEY, then CONSUL_CLIENT_KEY).")
    private @Nullable String key;

    @Option(
            names = "--datacenter",
            order = 106,
            paramLabel = "DC",
            description =
                    "Only where the server is of this datacenter; another's is named by --http-addr.")
    private @Nullable String datacenter;

    @Option(
            names = "--stale",
            order = 106,
            description =
                    "Let this server answer also where it does not lead: what it reads may lack the last writes.")
    private boolean stale;

    @Option(
            names = "--namespace",
            order = 106,
            paramLabel = "default",
            description =
                    "The only namespace that there is (default: CONSUL_NAMESPACE, then that one).")
    private @Nullable String namespace;

    @Option(
            names = "--partition",
            order = 106,
            paramLabel = "default",
            description =
                    "The only admin partition that there is (default: CONSUL_PARTITION, then that one).")
    private @Nullable String partition;

    Optional<String> tokenFile() {
        return Optional.ofNullable(tokenFile);
    }

    boolean hasToken() {
        return token != null;
    }

    Optional<String> profile() {
        return Optional.ofNullable(profile);
    }

    /// The name that the server's datacenter must have.
    Optional<String> datacenter() {
        return Optional.ofNullable(datacenter);
    }

    /// What cannot be meant together, or is meant of what there is not.
    ///
    /// @param environment of which no variable counts beside a profile
    Optional<String> mistake(Map<String, String> environment) {
        if (caFile != null && caPath != null) {
            return Optional.of("CA: expected --ca-file or --ca-path; found both");
        }
        var variables = profile == null ? environment : Map.<String, String>of();
        return only("namespace", namespace, variables)
                .or(() -> only("partition", partition, variables))
                .or(() -> unverified(variables))
                .or(() -> password(variables));
    }

    private static Optional<String> only(
            String what, @Nullable String flag, Map<String, String> variables) {
        var variable = "CONSUL_" + what.toUpperCase(Locale.ROOT);
        var name = flag == null ? variables.getOrDefault(variable, "") : flag;
        return name.isEmpty() || name.equals(ONLY)
                ? Optional.empty()
                : Optional.of(
                        (flag == null ? variable : "--" + what)
                                + ": expected '"
                                + ONLY
                                + "', the only one that there is here; found '"
                                + name
                                + "'");
    }

    /// Whoever has said so to Consul's commands would be told of a certificate, and not why.
    private static Optional<String> unverified(Map<String, String> variables) {
        var said = variables.getOrDefault(VERIFY, "");
        return said.isEmpty() || ApiAccess.YES.contains(said)
                ? Optional.empty()
                : Optional.of(
                        VERIFY
                                + ": expected true, since a server that nobody certifies is not asked; found '"
                                + said
                                + "' (unset it; name its CA by --ca-file or HANSA_CACERT, its name by --tls-server-name)");
    }

    /// Never the password.
    private static Optional<String> password(Map<String, String> variables) {
        return variables.getOrDefault(PASSWORD, "").isEmpty()
                ? Optional.empty()
                : Optional.of(
                        PASSWORD
                                + ": expected none, since servers ask for a token and for no password; found one (unset it; a token is given by HANSA_TOKEN_FILE or --token-file)");
    }

    /// @param apiTokenFile what `--token-file` says of the API's token
    ApiAccess.Flags flags(Optional<String> apiTokenFile) {
        return new ApiAccess.Flags(
                Optional.ofNullable(address),
                Optional.ofNullable(token),
                apiTokenFile,
                new TlsFiles(
                        Optional.ofNullable(caFile),
                        Optional.ofNullable(caPath),
                        Optional.ofNullable(certificate),
                        Optional.ofNullable(key),
                        Optional.ofNullable(serverName)),
                stale);
    }
}
