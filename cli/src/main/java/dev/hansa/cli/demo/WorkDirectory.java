package dev.hansa.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.regex.Pattern;

/// The demo's place for data, logs and tokens: `hansa-demo-<pid>` in the temporary directory, for
/// its owner only, gone at the end. Directories of demos that were killed go at the next start.
record WorkDirectory(Path path, boolean keep) implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("hansa-demo-(\\d{1,10})");

    static WorkDirectory create(Path temporary, boolean keep) throws IOException {
        removeStale(temporary);
        var path = temporary.resolve("hansa-demo-" + ProcessHandle.current().pid());
        Files.createDirectory(
                path,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return new WorkDirectory(path, keep);
    }

    private static void removeStale(Path temporary) throws IOException {
        try (var entries = Files.newDirectoryStream(temporary, "hansa-demo-*")) {
            for (var entry : entries) {
                var matcher = NAME.matcher(entry.getFileName().toString());
                if (matcher.matches()
                        && ProcessHandle.of(Long.parseLong(matcher.group(1)))
                                .filter(owner -> owner.pid() != ProcessHandle.current().pid())
                                .isEmpty()
                        && Files.isWritable(entry)
                        && !Files.exists(entry.resolve("kept"))) {
                    remove(entry);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (keep) {
            Files.writeString(path.resolve("kept"), "by --keep\n");
        } else {
            remove(path);
        }
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (var files = Files.walk(tree)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
