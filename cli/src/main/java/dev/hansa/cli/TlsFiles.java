package dev.hansa.cli;

import java.util.Map;
import java.util.Optional;

/// What TLS to a server rests on, as flags, variables or a profile name it.
///
/// @param caFile PEM certificates that certify the server
/// @param caPath a folder of such files; not looked at beside `caFile`
/// @param certificate what shows who asks: a chain in PEM, the asker's own certificate first
/// @param key the private key of that, PEM
/// @param serverName whose certificate the server must have; empty: that of the address's host
record TlsFiles(
        Optional<String> caFile,
        Optional<String> caPath,
        Optional<String> certificate,
        Optional<String> key,
        Optional<String> serverName) {
    static final TlsFiles NONE = of(Optional.empty(), Optional.empty());

    static TlsFiles of(Optional<String> caFile, Optional<String> serverName) {
        return new TlsFiles(
                caFile, Optional.empty(), Optional.empty(), Optional.empty(), serverName);
    }

    /// What variables say, `HANSA_…` before Consul's.
    static TlsFiles of(Map<String, String> environment) {
        return new TlsFiles(
                variable(environment, "HANSA_CACERT", "CONSUL_CACERT"),
                variable(environment, "HANSA_CAPATH", "CONSUL_CAPATH"),
                variable(environment, "HANSA_CLIENT_CERT", "CONSUL_CLIENT_CERT"),
                variable(environment, "HANSA_CLIENT_KEY", "CONSUL_CLIENT_KEY"),
                variable(environment, "HANSA_TLS_SERVER_NAME", "CONSUL_TLS_SERVER_NAME"));
    }

    private static Optional<String> variable(Map<String, String> environment, String... names) {
        return ApiAccess.first(environment, names);
    }

    /// What is not said here as another one has it. Who certifies is said by one of them alone: a
    /// flag's folder is not beside a variable's file.
    TlsFiles or(TlsFiles other) {
        var ownCa = caFile.isPresent() || caPath.isPresent();
        return new TlsFiles(
                ownCa ? caFile : other.caFile,
                ownCa ? caPath : other.caPath,
                certificate.or(other::certificate),
                key.or(other::key),
                serverName.or(other::serverName));
    }

    TlsFiles certifiedBy(Optional<String> file) {
        return new TlsFiles(file, Optional.empty(), certificate, key, serverName);
    }

    TlsFiles named(String server) {
        return new TlsFiles(caFile, caPath, certificate, key, Optional.of(server));
    }
}
