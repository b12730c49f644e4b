package dev.hansa.cli;

import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditMark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/// The newest records of an audit log as a file remembers them: a line for each class, with its
/// word, the place of the newest record in it, and its hash.
final class AuditHead {
    private AuditHead() {}

    static String text(Map<AuditClass, AuditMark> heads) {
        var text = new StringBuilder();
        for (var kind : AuditClass.values()) {
            var mark = heads.get(kind);
            if (mark != null) {
                text.append(kind.word()).append(' ').append(mark).append('\n');
            }
        }
        return text.toString();
    }

    /// @param isFirst nothing is remembered yet
    /// @throws CommandFailedException when a file is there the first time, or none, an emptied one
    ///   or another's later
    static Map<AuditClass, AuditMark> remembered(
            Surroundings surroundings, Path file, boolean isFirst) throws CommandFailedException {
        if (isFirst == Files.exists(file)) {
            throw new CommandFailedException(
                    isFirst
                            ? "'" + file + "': expected no file with --new-head; found one"
                            : "'"
                                    + file
                                    + "': expected what was remembered the last time; found no"
                                    + " file. The first time: --new-head");
        }
        var all = new EnumMap<AuditClass, AuditMark>(AuditClass.class);
        if (isFirst) {
            return all;
        }
        var text = surroundings.text("head", file.toString());
        try {
            for (var line : text.lines().toList()) {
                var words = line.strip().split(" ", -1);
                if (words.length != 3 || !words[2].matches("[0-9a-f]{64}")) {
                    throw new IllegalArgumentException("not a line of ours");
                }
                all.put(AuditClass.of(words[0]), new AuditMark(Long.parseLong(words[1]), words[2]));
            }
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(other(file, "another"), e);
        }
        if (all.isEmpty()) {
            throw new CommandFailedException(other(file, "none"));
        }
        return all;
    }

    private static String other(Path file, String found) {
        return "'" + file + "': expected lines of a class, a number and a hash; found " + found;
    }

    static void remember(Path file, Map<AuditClass, AuditMark> heads)
            throws CommandFailedException {
        try (var owners = OwnerFile.at("head", file)) {
            owners.write(text(heads).stripTrailing());
        }
    }
}
