package dev.hansa.cli.agent;

import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.api.ServiceFile.Definition;
import dev.hansa.peering.api.ServiceFile.Sidecar;
import dev.hansa.peering.api.ServiceFile.Upstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What one sidecar has on the disk: its settings, its join token, which process it is, and the
/// data directory in which it keeps its key and its last good routes. All of it is its owner's
/// alone.
final class SidecarHome {
    private static final int MAX_TEXT = 4096;

    /// The kernel takes 107 bytes for the path of a socket; this leaves 17 for a data directory
    /// that is longer than the default.
    private static final int LONGEST_NAME = 40;

    private static final String DIGEST = "~";

    /// Hexadecimal; 128 bits meet no other id.
    private static final int DIGITS = 32;

    /// As many lines as fit into `MAX_TEXT`; one that takes over ends the one before in seconds.
    private static final int MAX_MARKS = 32;

    /// In a folder whose name does not tell.
    private static final String ID = "id";

    /// The kernel counts from the machine's start, whose time a correction of the clock moves.
    private static final long SAME_START_MILLIS = 2_000;

    private static final Pattern ENCODED = Pattern.compile("%([0-9a-f]{4})");

    private final Path folder;

    /// A process, told apart from a later one of the same number by when it began.
    ///
    /// @param settings the digest of those that it was started with
    record Mark(long pid, long startedAtMillis, String settings) {
        /// The process, if it still is this one.
        Optional<ProcessHandle> process() {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .filter(found ->
                            Math.abs(startOf(found) - startedAtMillis) <= SAME_START_MILLIS);
        }

        static long startOf(ProcessHandle process) {
            return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        }
    }

    /// Where a sidecar listens.
    ///
    /// @param mesh for mutual TLS
    /// @param admin on loopback
    record Ports(int mesh, int admin) {}

    private SidecarHome(Path folder) {
        this.folder = folder;
    }

    /// @param id of the instance; whatever characters it has, it names a folder in `all`
    static SidecarHome of(Path all, String id) throws IOException {
        var folder = all.resolve(name(id));
        Files.createDirectories(folder.resolve("data"));
        OwnDisk.ownerOnly(folder, "rwx------");
        var idFile = folder.resolve(ID);
        if (isDigest(folder) && !Files.exists(idFile)) {
            write(idFile, id);
        }
        return new SidecarHome(folder);
    }

    /// A name that is neither hidden nor leads elsewhere, another for each id; of a long one the
    /// start of its digest.
    private static String name(String id) {
        var name = encoded(id);
        return name.length() <= LONGEST_NAME
                ? name
                : DIGEST + Sha256.hex(id.getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
    }

    private static boolean isDigest(Path folder) {
        return String.valueOf(folder.getFileName()).startsWith(DIGEST);
    }

    private static String encoded(String id) {
        return id.chars()
                .mapToObj(c ->
                        c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_')
                                ? String.valueOf((char) c)
                                : "%%%04x".formatted(c))
                .collect(Collectors.joining());
    }

    /// Of whom there is a folder.
    static Set<String> ids(Path all) throws IOException {
        var ids = new TreeSet<String>();
        try (var folders = Files.newDirectoryStream(all)) {
            for (var folder : folders) {
                if (isDigest(folder)) {
                    // none: it was not begun
                    Optional.of(read(folder.resolve(ID)))
                            .filter(id -> !id.isEmpty())
                            .ifPresent(ids::add);
                    continue;
                }
                ids.add(
                        ENCODED.matcher(String.valueOf(folder.getFileName()))
                                .replaceAll(found ->
                                        Matcher.quoteReplacement(
                                                String.valueOf(
                                                        (char)
                                                                Integer.parseInt(
                                                                        found.group(1), 16)))));
            }
        }
        return ids;
    }

    Path settingsFile() {
        return folder.resolve("sidecar.properties");
    }

    private Path tokenFile() {
        return folder.resolve("join-token");
    }

    private Path markFile() {
        return folder.resolve("process");
    }

    private Path portsFile() {
        return folder.resolve("ports");
    }

    /// The settings of `hansa sidecar` for a service.
    String settings(AgentConfig config, Definition definition, Ports ports) {
        var service = definition.instance();
        var sidecar = definition.sidecar().orElseThrow();
        var key = "service." + service.name() + ".";
        var all = new LinkedHashMap<String, String>();
        all.put("node-name", config.nodeName());
        all.put("join-token-file", tokenFile().toString());
        all.put("data-dir", folder.resolve("data").toString());
        // the next process takes the sockets over, so that a change refuses nobody
        all.put("hot-restart", "true");
        all.put("admin.address", new Endpoint("127.0.0.1", ports.admin()).toString());
        all.put("services", service.name());
        all.put(key + "address", sidecar.application().map(Endpoint::toString).orElse("none"));
        if (sidecar.application().isPresent()) {
            all.put(key + "id", service.id());
            all.put(key + "listen", listen(config, sidecar, ports).toString());
            all.put(key + "tags", String.join(",", service.tags()));
            all.put(
                    key + "meta",
                    service.meta().entrySet().stream()
                            .map(one -> one.getKey() + "=" + one.getValue())
                            .sorted()
                            .collect(Collectors.joining(",")));
        }
        all.put(
                key + "upstreams",
                sidecar.upstreams().stream()
                        .map(SidecarHome::upstream)
                        .collect(Collectors.joining(",")));
        sidecar.upstreams().stream()
                .map(Upstream::address)
                .filter(address -> !address.isEmpty())
                .findFirst()
                .ifPresent(address -> all.put(key + "upstream-address", address));
        if (sidecar.outboundPort() != 0) {
            all.put(
                    key + "transparent-listen",
                    new Endpoint("127.0.0.1", sidecar.outboundPort()).toString());
        }
        return all.entrySet().stream()
                .filter(one -> !one.getValue().isEmpty())
                .map(one -> one.getKey() + " = " + escaped(one.getValue()) + "\n")
                .collect(Collectors.joining());
    }

    static Endpoint listen(AgentConfig config, Sidecar sidecar, Ports ports) {
        return new Endpoint(
                sidecar.address().isEmpty() ? config.address() : sidecar.address(), ports.mesh());
    }

    private static String upstream(Upstream one) {
        return one.service()
                + one.peer().map(peer -> ".svc." + peer + ".peer").orElse("")
                + ":"
                + one.port();
    }

    /// As a file of properties has it.
    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    void write(String settings, Secret joinToken) throws IOException {
        write(tokenFile(), joinToken.value() + "\n");
        write(settingsFile(), settings);
    }

    /// With the join token of before, which may be used up; the sidecar has a certificate.
    void write(String settings) throws IOException {
        write(settingsFile(), settings);
    }

    /// Whether an earlier life has left what a start without a new join token needs.
    boolean canStartAlone() throws IOException {
        if (!Files.exists(tokenFile())) {
            return false;
        }
        try (var keys = Files.newDirectoryStream(folder.resolve("data"), "identity*.key")) {
            return keys.iterator().hasNext();
        }
    }

    /// The last one that was started, and after it those that it takes over from.
    List<Mark> marks() throws IOException {
        var marks = new ArrayList<Mark>();
        for (var line : read(markFile()).split("\n")) {
            var words = line.split(" ");
            try {
                if (words.length == 3) {
                    marks.add(
                            new Mark(Long.parseLong(words[0]), Long.parseLong(words[1]), words[2]));
                }
            } catch (NumberFormatException _) {
                // no process of ours
            }
        }
        return marks;
    }

    void mark(List<Mark> marks) throws IOException {
        write(
                markFile(),
                marks.stream()
                        .limit(MAX_MARKS)
                        .map(mark ->
                                mark.pid() + " " + mark.startedAtMillis() + " " + mark.settings())
                        .collect(Collectors.joining("\n")));
    }

    Optional<Ports> ports() throws IOException {
        var words = read(portsFile()).split(" ");
        try {
            return words.length == 2
                    ? Optional.of(new Ports(Integer.parseInt(words[0]), Integer.parseInt(words[1])))
                    : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    void ports(Ports ports) throws IOException {
        write(portsFile(), ports.mesh() + " " + ports.admin());
    }

    private static String read(Path file) throws IOException {
        try {
            return Files.size(file) > MAX_TEXT ? "" : Files.readString(file).strip();
        } catch (NoSuchFileException _) {
            return "";
        }
    }

    private static void write(Path file, String text) throws IOException {
        OwnDisk.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Takes away what no service has any more, its key too.
    void remove() throws IOException {
        try (var all = Files.walk(folder)) {
            for (var file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /// Those of every sidecar that has a folder.
    static Map<String, Ports> taken(Path all) throws IOException {
        var taken = new LinkedHashMap<String, Ports>();
        if (Files.isDirectory(all)) {
            try (var folders = Files.newDirectoryStream(all)) {
                for (var folder : folders) {
                    new SidecarHome(folder)
                            .ports()
                            .ifPresent(ports -> taken.put(String.valueOf(folder), ports));
                }
            }
        }
        return taken;
    }
}
