package dev.hansa.kubernetes.api;

import dev.hansa.bootstrap.ForeignText;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Where a server's HTTP API is, whom it is believed to be, and what is shown to it.
///
/// @param base scheme, host and port
/// @param caFile PEM certificates that certify the server; empty: the machine's
/// @param tokenFile read again for each request, since it is replaced while the process runs
public record ApiAccess(URI base, Optional<Path> caFile, Optional<Path> tokenFile) {
    /// What a server takes in a header.
    private static final int MAX_TOKEN = 8_000;

    private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]+");

    /// `host:port` or a URL with nothing behind it.
    ///
    /// @throws IllegalArgumentException for anything else
    public static URI parse(String address) {
        var uri =
                URI.create(
                        (address.contains("://") ? address : "http://" + address)
                                .replaceAll("/+$", ""));
        var isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!isHttp
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null
                || !(uri.getRawPath() == null || uri.getRawPath().isEmpty())) {
            throw new IllegalArgumentException("no address of a server");
        }
        return uri;
    }

    /// A text that is no address, for an error: what stands before an `@` may be a password.
    public static String shown(String address) {
        return ForeignText.shown(address.replaceFirst(".*@", "...@"));
    }

    /// Would somebody between here and there read what is sent? Peering tokens are, with or without
    /// a token to ask with.
    public boolean isInTheClear() {
        if ("https".equals(base.getScheme())) {
            return false;
        }
        var host = base.getHost().replaceAll("[\\[\\]]", "");
        try {
            return !host.equals("localhost") && !InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException _) {
            return true; // a name, which may begin as an address does
        }
    }

    /// @throws ApiException when the file is not there or holds no token; without what it holds
    public Optional<String> token() throws ApiException {
        if (tokenFile.isEmpty()) {
            return Optional.empty();
        }
        var file = tokenFile.get();
        try {
            if (Files.size(file) > MAX_TOKEN) {
                throw new ApiException(
                        ApiException.Cause.FORBIDDEN,
                        "token file '" + file + "': expected at most " + MAX_TOKEN + " bytes");
            }
            var text = Files.readString(file, StandardCharsets.UTF_8).strip();
            if (!PRINTABLE.matcher(text).matches()) {
                throw new ApiException(
                        ApiException.Cause.FORBIDDEN,
                        "token file '"
                                + file
                                + "': expected one word of printable ASCII; found "
                                + (text.isEmpty() ? "nothing" : "something else"));
            }
            return Optional.of(text);
        } catch (IOException e) {
            throw new ApiException(
                    ApiException.Cause.FORBIDDEN,
                    "token file '"
                            + file
                            + "': expected to be readable; found '"
                            + e.getClass().getSimpleName()
                            + "'",
                    e);
        }
    }

    /// @throws IOException naming the file that holds no certificates
    public SSLContext trust() throws IOException {
        try {
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            if (caFile.isEmpty()) {
                return SSLContext.getDefault();
            }
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            var number = 0;
            try (var in = Files.newInputStream(caFile.get())) {
                for (var one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    store.setCertificateEntry("root-" + number++, one);
                }
            }
            if (number == 0) {
                throw new IOException(
                        "CA file '" + caFile.get() + "': expected certificates in PEM; found none");
            }
            factory.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "CA file '"
                            + caFile.map(Path::toString).orElse("")
                            + "': expected certificates in PEM; found '"
                            + e.getMessage()
                            + "'",
                    e);
        }
    }
}
