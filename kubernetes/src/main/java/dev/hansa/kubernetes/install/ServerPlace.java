package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Settings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// What a server of a StatefulSet is about to be, decided before it starts: it goes on with the log
/// in its volume, begins the datacenter, or joins the others. A datacenter begins once: who begins
/// it is written down in a ConfigMap first, so that the first server with a new, empty volume joins
/// the others in place of beginning a second datacenter beside theirs.
final class ServerPlace {
    /// Settings for the server, in the folder that it shares with this.
    static final String FILE = "server.properties";

    /// In the volume: this server has written itself down as the one that begins.
    private static final String MARK = "founder";

    private static final String FOUNDER = "founder";
    private static final String VOLUME = "volume";

    private static final int CONFLICT = 409;

    private final LoginSettings login;
    private final String namespace;
    private final Path dataDir;
    private final String name;
    private final String map;
    private final Keeping keeping;
    private final Consumer<String> says;

    private ServerPlace(Settings settings, KubernetesClient client, Consumer<String> says)
            throws InvalidConfigException {
        this.login = LoginSettings.read(settings);
        this.namespace = BootstrapConfig.name(settings, BootstrapConfig.NAMESPACE.name(), "hansa");
        this.dataDir = settings.path("data-dir", Path.of("/var/lib/hansa/server"));
        this.name = settings.requiredText("name", "the name of this pod");
        this.map = BootstrapConfig.name(settings, "founder-map", "hansa-server-founder");
        this.keeping = new Keeping(client, namespace);
        this.says = says;
        settings.finish();
    }

    static void prepare(Settings settings, KubernetesClient client, Consumer<String> says)
            throws InvalidConfigException, IOException, InterruptedException {
        new ServerPlace(settings, client, says).prepare();
    }

    private void prepare() throws IOException, InterruptedException {
        var patience = new Patience(login.waitLimit(), says);
        if (hasLog()) {
            writeDown();
            says.accept("the log in '" + dataDir + "' goes on");
            settings("");
        } else if (patience.until("ConfigMap '" + map + "'", this::mayBegin)) {
            says.accept("this server begins the datacenter");
            settings("");
        } else {
            login.fetch(
                    "server '" + name + "'",
                    patience,
                    api -> api.serverJoinToken(LoginSettings.tokenLife()));
            settings("join-token-file = " + login.tokenFile() + "\n");
            says.accept("this server joins the others");
        }
    }

    /// A log that is there and whole; a server that had begun to join asks again, with a new token.
    private boolean hasLog() throws IOException {
        var raft = dataDir.resolve("raft");
        if (!Files.isDirectory(raft) || Files.exists(raft.resolve("joining"))) {
            return false;
        }
        try (var entries = Files.list(raft)) {
            return entries.anyMatch(Files::isDirectory);
        }
    }

    /// A ConfigMap that was lost and made anew says nobody, and would let the first server begin a
    /// second datacenter when its volume is lost too. No volume is written down: whoever has lost a
    /// log that was there joins. Only if it can be done: after a reboot nobody may be there to ask.
    private void writeDown() {
        try {
            var found = keeping.configMap(map);
            if (found.isPresent()
                    && (found.get().getData() == null
                            || !found.get().getData().containsKey(FOUNDER))) {
                keeping.replace(found.get(), Map.of(FOUNDER, name));
                says.accept("ConfigMap '" + map + "' says anew that the datacenter has begun");
            }
        } catch (KubernetesClientException e) {
            says.accept(
                    "ConfigMap '"
                            + map
                            + "': expected to say who has begun; found HTTP "
                            + e.getCode()
                            + " of the API server of Kubernetes; it is looked at with the next start");
        }
    }

    /// @return empty while it cannot be said, since somebody else writes at the same time
    private Optional<Boolean> mayBegin() throws IOException {
        var found = keeping.configMap(map);
        if (found.isEmpty()) {
            // the chart makes it; whoever deletes it must not make a second datacenter
            return Optional.empty();
        }
        var data = found.get().getData() == null ? Map.<String, String>of() : found.get().getData();
        var mark = mark();
        if (data.containsKey(FOUNDER)) {
            return Optional.of(
                    name.equals(data.get(FOUNDER))
                            && mark.isPresent()
                            && mark.get().equals(data.get(VOLUME)));
        }
        if (!name.endsWith("-0")) {
            return Optional.of(false);
        }
        var volume = mark.isPresent() ? mark.get() : newMark();
        try {
            keeping.replace(found.get(), Map.of(FOUNDER, name, VOLUME, volume));
            return Optional.of(true);
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private Optional<String> mark() throws IOException {
        var file = markFile();
        return Files.exists(file)
                ? Optional.of(Files.readString(file, StandardCharsets.UTF_8).strip())
                : Optional.empty();
    }

    /// In the volume before it is in the ConfigMap: whoever dies in between begins anew with it.
    private String newMark() throws IOException {
        var mark = UUID.randomUUID().toString();
        Files.createDirectories(markFile().resolveSibling("."));
        OwnDisk.write(markFile(), mark.getBytes(StandardCharsets.UTF_8));
        return mark;
    }

    /// Beside the data directory, whose content is the server's business.
    private Path markFile() {
        return dataDir.resolveSibling(MARK);
    }

    private void settings(String text) throws IOException {
        OwnDisk.write(login.out().resolve(FILE), text.getBytes(StandardCharsets.UTF_8));
    }
}
