package dev.hansa.peering.ui;

import dev.hansa.bootstrap.Sha256;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/// All that is served under `/ui/`: a fixed list, held in memory (under 350 KiB, packed and not). A
/// path is a key here and never one of a file system, so that there is nothing to climb out of.
final class UiFiles {
    /// Of `src/main/resources/ui`.
    static final List<String> OWN =
            List.of(
                    "index.html",
                    "app.css",
                    "parts.css",
                    "pages.css",
                    "flow.css",
                    "desk.css",
                    "topology.css",
                    "icon.svg",
                    "api.js",
                    "app.js",
                    "audit.js",
                    "certificates.js",
                    "chain.js",
                    "config.js",
                    "der.js",
                    "diff.js",
                    "drills.js",
                    "entry.js",
                    "events.js",
                    "failovers.js",
                    "format.js",
                    "hcl.js",
                    "icons.js",
                    "intentions.js",
                    "kinds.js",
                    "lanes.js",
                    "live.js",
                    "map.js",
                    "overview.js",
                    "pace.js",
                    "pairs.js",
                    "parts.js",
                    "peer.js",
                    "peering.js",
                    "peers.js",
                    "service.js",
                    "services.js",
                    "rotation.js",
                    "saving.js",
                    "session.js",
                    "signin.js",
                    "textbox.js",
                    "token.js",
                    "topology.js",
                    "trust.js",
                    "window.js");

    /// Of the WebJar, which names its files by its version; pages name them without.
    static final List<String> LIT =
            List.of(
                    "lit-html.js",
                    "directive.js",
                    "directive-helpers.js",
                    "directives/guard.js",
                    "directives/live.js",
                    "directives/repeat.js");

    private static final String LIT_FOLDER = "lit-html/";
    private static final String LIT_POM = "/META-INF/maven/org.webjars.npm/lit-html/pom.properties";

    private static final Map<String, String> TYPES =
            Map.of(
                    "html", "text/html; charset=utf-8",
                    "css", "text/css; charset=utf-8",
                    "js", "text/javascript; charset=utf-8",
                    "svg", "image/svg+xml");

    /// Read when the first router is made, on a thread that may wait.
    private static final Map<String, UiFile> ALL = load();

    /// @param tag of this content and no other, quoted as a header has it
    /// @param packed the content as gzip, made once; its tag is another (RFC 9110, 8.8.3.3)
    record UiFile(String type, String content, String tag, Buffer packed, String packedTag) {}

    private UiFiles() {}

    /// By path below `/ui/`.
    static Map<String, UiFile> all() {
        return ALL;
    }

    private static Map<String, UiFile> load() {
        var files = new HashMap<String, UiFile>();
        for (var name : OWN) {
            files.put(name, read("/ui/" + name));
        }
        var lit = "/META-INF/resources/webjars/lit-html/" + litVersion() + "/";
        for (var name : LIT) {
            files.put(LIT_FOLDER + name, read(lit + name));
        }
        return Map.copyOf(files);
    }

    private static String litVersion() {
        var pom = new Properties();
        try (var in = UiFiles.class.getResourceAsStream(LIT_POM)) {
            if (in == null) {
                throw missing(LIT_POM);
            }
            pom.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pom.getProperty("version", "");
    }

    private static UiFile read(String resource) {
        try (var in = UiFiles.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw missing(resource);
            }
            var content = in.readAllBytes();
            var type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
            if (type == null) {
                throw new IllegalStateException(
                        "UI file '" + resource + "': expected one of " + TYPES.keySet());
            }
            var hash = Sha256.hex(content).substring(0, 32);
            return new UiFile(
                    type,
                    new String(content, StandardCharsets.UTF_8),
                    '"' + hash + '"',
                    Buffer.buffer(Gzip.best(content)),
                    '"' + hash + "-gzip\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static IllegalStateException missing(String resource) {
        return new IllegalStateException(
                "UI file '" + resource + "': expected it on the class path; found none");
    }
}
