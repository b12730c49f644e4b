package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A certificate that an operator could have made for the HTTP API: signed by itself, with its key,
/// as two PEM files.
record TestCertificate(X509Certificate certificate, Path file, Path key) {
    private static final String PASSWORD = "changeit";

    /// Made by the JDK's keytool into `folder`; what was there under these names is replaced whole.
    static TestCertificate make(Path folder, String host) throws Exception {
        Files.createDirectories(folder);
        var store = folder.resolve("made.p12");
        Files.deleteIfExists(store);
        var keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "api",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=api",
                                "-ext",
                                "san=ip:" + host,
                                "-keystore",
                                store.toString(),
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .start();
        assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(keytool.exitValue())
                .as(new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isZero();
        var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        var certificate = (X509Certificate) keys.getCertificate("api");
        var file = folder.resolve("api.pem");
        var key = folder.resolve("api.key");
        write(key, "PRIVATE KEY", keys.getKey("api", PASSWORD.toCharArray()).getEncoded());
        write(file, "CERTIFICATE", certificate.getEncoded());
        return new TestCertificate(certificate, file, key);
    }

    private static void write(Path file, String what, byte[] bytes) throws IOException {
        var pem =
                "-----BEGIN "
                        + what
                        + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                        + "\n-----END "
                        + what
                        + "-----\n";
        var whole = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(whole, pem);
        Files.move(
                whole, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Believes this certificate alone.
    SSLContext trusting() throws GeneralSecurityException, IOException {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("api", certificate);
        var managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
