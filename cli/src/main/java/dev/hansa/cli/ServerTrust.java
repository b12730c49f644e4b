package dev.hansa.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/// Which servers a command believes over TLS.
final class ServerTrust {
    /// Types of a subject's alternative names (RFC 5280, 4.2.1.6).
    private static final int DNS = 2;

    private static final int IP = 7;

    /// Of a folder with certificates: a machine's own has some hundreds.
    private static final int MAX_FILES = 1_000;

    private ServerTrust() {}

    /// For an address without TLS.
    static SSLContext nobody() {
        return new NoTls();
    }

    static SSLContext of(ApiAccess access, Surroundings surroundings)
            throws CommandFailedException {
        try {
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            var tls = access.tls();
            factory.init(
                    tls.caFile().isPresent()
                            ? roots(List.of(tls.caFile().get()), surroundings)
                            : tls.caPath().isPresent()
                                    ? roots(files(tls.caPath().get()), surroundings)
                                    : null);
            var managers = factory.getTrustManagers();
            if (tls.serverName().isPresent()) {
                for (var i = 0; i < managers.length; i++) {
                    if (managers[i] instanceof X509ExtendedTrustManager chains) {
                        managers[i] = new OfName(chains, tls.serverName().get());
                    }
                }
            }
            return context(ClientKeys.of(tls, surroundings), managers);
        } catch (GeneralSecurityException | IOException e) {
            throw new CommandFailedException(
                    "TLS: expected to be usable; found '"
                            + PlainText.of(String.valueOf(e.getMessage()))
                            + "'",
                    e);
        }
    }

    private static SSLContext context(KeyManager[] keys, TrustManager[] managers)
            throws GeneralSecurityException {
        var context = SSLContext.getInstance("TLS");
        context.init(keys, managers, null);
        return context;
    }

    /// Those of a folder, without those that are hidden.
    private static List<String> files(String folder) throws CommandFailedException {
        try (var all = Files.list(Path.of(folder))) {
            var files =
                    all.filter(file -> Files.isRegularFile(file) && !isHidden(file))
                            .map(Path::toString)
                            .sorted()
                            .limit(MAX_FILES + 1)
                            .toList();
            if (files.isEmpty() || files.size() > MAX_FILES) {
                throw new CommandFailedException(
                        "CA folder: expected 1 to "
                                + MAX_FILES
                                + " files; found "
                                + (files.isEmpty() ? "none" : "more")
                                + " in '"
                                + PlainText.of(folder)
                                + "'");
            }
            return files;
        } catch (IOException e) {
            throw new CommandFailedException(
                    "CA folder: expected one that can be read; found '"
                            + PlainText.of(e.getClass().getSimpleName() + ": " + e.getMessage())
                            + "'",
                    e);
        }
    }

    private static boolean isHidden(Path file) {
        return String.valueOf(file.getFileName()).startsWith(".");
    }

    private static KeyStore roots(List<String> files, Surroundings surroundings)
            throws CommandFailedException, GeneralSecurityException, IOException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (var file : files) {
            var pem = surroundings.text("CA file", file);
            var before = store.size();
            try (var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))) {
                for (var certificate :
                        CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    store.setCertificateEntry("root-" + store.size(), certificate);
                }
            } catch (CertificateException e) {
                throw new CommandFailedException(notPem(file), e);
            }
            if (store.size() == before) {
                throw new CommandFailedException(notPem(file));
            }
        }
        return store;
    }

    private static String notPem(String file) {
        return "CA file: expected certificates in PEM; found none that can be read in '"
                + PlainText.of(file)
                + "'";
    }

    /// Holds a server to a name that is not its address's host. Whoever extends this class does the
    /// check of the name itself.
    private static final class OfName extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager chains;
        private final String name;

        OfName(X509ExtendedTrustManager chains, String name) {
            this.chains = chains;
            this.name = name.toLowerCase(Locale.ROOT);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            chains.checkServerTrusted(chain, type);
            if (!isNamed(chain[0])) {
                throw new CertificateException(
                        "the server's certificate is not for '" + name + "'");
            }
        }

        private boolean isNamed(X509Certificate leaf) throws CertificateParsingException {
            var names = Optional.ofNullable(leaf.getSubjectAlternativeNames());
            for (var one : names.orElse(List.of())) {
                if (one.get(1) instanceof String text
                        && switch ((Integer) one.get(0)) {
                            case DNS -> matches(text.toLowerCase(Locale.ROOT));
                            case IP -> text.equals(name);
                            default -> false;
                        }) {
                    return true;
                }
            }
            return false;
        }

        /// `*.example` is for `a.example`, and neither for `example` nor for `b.a.example`.
        private boolean matches(String certified) {
            if (!certified.startsWith("*.")) {
                return certified.equals(name);
            }
            var dot = name.indexOf('.');
            return dot > 0
                    && certified.indexOf('.', 2) > 0
                    && name.substring(dot).equals(certified.substring(1));
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("a command takes no clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return chains.getAcceptedIssuers();
        }
    }
}
