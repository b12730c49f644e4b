package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Servers under names of the user's own, in a file that is only the user's. There is no token in
/// it, only the names of files that hold one.
final class Profiles {
    /// No address has such a form: those have a colon or a dot.
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

    private final Path file;
    private final Map<String, Profile> byName;

    /// @param address as it was given
    record Profile(
            String address,
            Optional<String> caFile,
            Optional<String> tokenFile,
            Optional<String> serverName) {
        Profile withoutToken() {
            return new Profile(address, caFile, Optional.empty(), serverName);
        }

        /// @param name for sentences
        ApiAccess access(String name, Surroundings surroundings) throws CommandFailedException {
            var at = ApiAccess.at(address);
            Optional<ApiAccess.Token> token =
                    tokenFile.isEmpty()
                            ? Optional.empty()
                            : Optional.of(
                                    ApiAccess.read(
                                            tokenFile.get(),
                                            "profile '" + name + "'",
                                            surroundings));
            return new ApiAccess(at.base(), token, TlsFiles.of(caFile, serverName), false);
        }
    }

    private Profiles(Path file, Map<String, Profile> byName) {
        this.file = file;
        this.byName = new TreeMap<>(byName);
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /// Those in `~/.config/hansa/profiles.json`; none where there is no file.
    static Profiles open(Surroundings surroundings) throws CommandFailedException {
        var environment = surroundings.environment();
        var home = environment.getOrDefault("HOME", System.getProperty("user.home", ""));
        var config = environment.getOrDefault("XDG_CONFIG_HOME", "");
        var file =
                (config.isBlank() ? Path.of(home, ".config") : Path.of(config))
                        .resolve("hansa")
                        .resolve("profiles.json");
        if (Files.notExists(file)) {
            return new Profiles(file, Map.of());
        }
        refuseOthersToWrite(file);
        var byName = new HashMap<String, Profile>();
        var json = Json.read(surroundings.text("profiles", file.toString()), subject(file));
        for (var pair : json.properties()) {
            var name = pair.getKey();
            var profile = pair.getValue();
            if (!isName(name) || !profile.path("address").isTextual()) {
                throw new CommandFailedException(
                        subject(file)
                                + ": expected names of profiles, each with an address; found '"
                                + PlainText.of(name)
                                + "' without one");
            }
            byName.put(
                    name,
                    new Profile(
                            profile.path("address").asText(),
                            value(profile, "ca-file"),
                            value(profile, "token-file"),
                            value(profile, "tls-server-name")));
        }
        return new Profiles(file, byName);
    }

    private static String subject(Path file) {
        return "profiles '" + PlainText.of(file.toString()) + "'";
    }

    private static Optional<String> value(JsonNode profile, String key) {
        return Optional.of(profile.path(key).asText("")).filter(text -> !text.isEmpty());
    }

    /// Whoever writes there has the user's token sent to an address of theirs.
    private static void refuseOthersToWrite(Path file) throws CommandFailedException {
        try {
            var granted = EnumSet.copyOf(Files.getPosixFilePermissions(file));
            if (granted.contains(PosixFilePermission.GROUP_WRITE)
                    || granted.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new CommandFailedException(
                        subject(file)
                                + ": expected only its owner to write it; found "
                                + PosixFilePermissions.toString(granted)
                                + " (chmod 600 it, after a look at what is in it)");
            }
        } catch (UnsupportedOperationException _) {
            // a file system without owners
        } catch (NoSuchFileException e) {
            throw new CommandFailedException(subject(file) + ": it has just gone", e);
        } catch (IOException e) {
            throw new CommandFailedException(
                    subject(file) + ": expected to be readable; found '" + e.getMessage() + "'", e);
        }
    }

    Map<String, Profile> all() {
        return byName;
    }

    Profile named(String name) throws CommandFailedException {
        var profile = byName.get(name);
        if (profile == null) {
            throw new CommandFailedException(
                    "profile: expected "
                            + (byName.isEmpty()
                                    ? "one that 'hansa profile set' has saved"
                                    : "one of '" + String.join("', '", byName.keySet()) + "'")
                            + "; found '"
                            + PlainText.of(name)
                            + "'");
        }
        return profile;
    }

    void set(String name, Profile profile) throws CommandFailedException {
        byName.put(name, profile);
        write();
    }

    void delete(String name) throws CommandFailedException {
        named(name);
        byName.remove(name);
        write();
    }

    private void write() throws CommandFailedException {
        var json = Json.object();
        byName.forEach((name, profile) -> {
            var one = json.putObject(name).put("address", profile.address());
            profile.caFile().ifPresent(path -> one.put("ca-file", path));
            profile.tokenFile().ifPresent(path -> one.put("token-file", path));
            profile.serverName().ifPresent(server -> one.put("tls-server-name", server));
        });
        try {
            var folder = file.getParent();
            if (folder != null && Files.notExists(folder)) {
                Files.createDirectories(folder);
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
        } catch (UnsupportedOperationException _) {
            // a file system without owners
        } catch (IOException e) {
            throw new CommandFailedException(
                    subject(file) + ": expected a folder for it; found '" + e.getMessage() + "'",
                    e);
        }
        // in a home of links, as some keep theirs, the file that the link leads to
        try (var owned = OwnerFile.at("profiles", Files.exists(file) ? real(file) : file)) {
            owned.write(Json.pretty(json));
        }
    }

    private static Path real(Path file) throws CommandFailedException {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            throw new CommandFailedException(
                    subject(file) + ": expected a file; found '" + e.getMessage() + "'", e);
        }
    }
}
