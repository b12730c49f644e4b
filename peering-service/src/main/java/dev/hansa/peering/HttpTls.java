package dev.hansa.peering;

import dev.hansa.peering.config.HttpTlsFiles;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The certificate of the HTTP API: the operator's, from two files, read again when they change.
final class HttpTls {
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

    /// A chain of some certificates.
    private static final int MAX_FILE = 256 * 1024;

    private final HttpTlsFiles files;
    private final Consumer<PeeringEvent> events;
    private @Nullable Stamp served;
    private String told = "";

    private record Stamp(FileTime certificate, FileTime key) {}

    HttpTls(HttpTlsFiles files, Consumer<PeeringEvent> events) {
        this.files = files;
        this.events = events;
    }

    /// @throws IOException naming the file that cannot be read
    void apply(HttpServerOptions options) throws IOException {
        served = stamp();
        options.setSsl(true)
                .setUseAlpn(true)
                .setEnabledSecureTransportProtocols(PROTOCOLS)
                .setKeyCertOptions(pems());
    }

    /// By what is in the files: two options that name the same files are the same to the library,
    /// which then reads nothing.
    private PemKeyCertOptions pems() throws IOException {
        return new PemKeyCertOptions()
                .setCertValue(read("http.certificate", files.certificate()))
                .setKeyValue(read("http.key", files.key()));
    }

    private static Buffer read(String setting, Path file) throws IOException {
        try (var input = Files.newInputStream(file)) {
            var content = input.readNBytes(MAX_FILE + 1);
            if (content.length > MAX_FILE) {
                throw new IOException(
                        setting
                                + " '"
                                + file
                                + "': expected at most "
                                + MAX_FILE
                                + " bytes; found more");
            }
            return Buffer.buffer(content);
        }
    }

    private Stamp stamp() throws IOException {
        return new Stamp(
                modified("http.certificate", files.certificate()),
                modified("http.key", files.key()));
    }

    private static FileTime modified(String setting, Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(
                    setting + ": expected a file that can be read; found '" + file + "'");
        }
        return Files.getLastModifiedTime(file);
    }

    /// New connections are served with what the files say now; where they say nothing that can be
    /// used, with what they said before.
    synchronized void refresh(HttpServer server) {
        try {
            var now = stamp();
            if (now.equals(served)) {
                return;
            }
            var options =
                    new ServerSSLOptions()
                            .setEnabledSecureTransportProtocols(PROTOCOLS)
                            .setKeyCertOptions(pems());
            options.setUseAlpn(true);
            // a half of the pair that was replaced first is tried again at the next look
            server.updateSSLOptions(options).onSuccess(_ -> serving(now)).onFailure(this::failed);
        } catch (IOException | RuntimeException e) {
            failed(e);
        }
    }

    private synchronized void serving(Stamp now) {
        served = now;
        told = "";
    }

    /// Told once for each reason: it is tried again at each look.
    private synchronized void failed(Throwable problem) {
        if (!told.equals(String.valueOf(problem.getMessage()))) {
            told = String.valueOf(problem.getMessage());
            events.accept(
                    new PeeringEvent.BackgroundFailure(
                            "reading the HTTP API's certificate", problem));
        }
    }
}
