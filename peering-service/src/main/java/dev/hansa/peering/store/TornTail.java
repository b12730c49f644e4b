package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/// The end of the log after a kill or a power cut inside a write: a last entry that is there in
/// part, with the zeros of the preallocated segment after it. Nobody was told that it had been
/// taken, because it was not synced. The library calls that damage; so it is cut off before the
/// library sees it, when nothing comes after it and the state does not have it.
///
/// Format of a segment (Apache Ratis 3.3, `SegmentedRaftLogFormat`): eight bytes of header;
/// entries, each a varint length, so many bytes, and CRC-32C of both, big-endian; zeros.
final class TornTail {
    private static final String OPEN_SEGMENT = "log_inprogress_";
    private static final int HEADER = 8;

    /// A segment is rolled at 8 MiB, after the entry that passed it.
    private static final long MAX_SEGMENT = 16L << 20;

    private final byte[] bytes;
    private int position = HEADER;
    private long index;

    private TornTail(byte[] bytes, long first) {
        this.bytes = bytes;
        this.index = first;
    }

    /// @param known the last entry that the state has
    /// @return what was cut off, for a log; empty when nothing had to be
    static Optional<String> cut(LogDirectory directory, long known) throws IOException {
        var current = directory.path().resolve(directory.group().toString()).resolve("current");
        if (!directory.used()) {
            return Optional.empty();
        }
        try (var segments = Files.newDirectoryStream(current, OPEN_SEGMENT + "*")) {
            for (var segment : segments) {
                if (Files.size(segment) <= MAX_SEGMENT) {
                    return cut(segment, known);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> cut(Path segment, long known) throws IOException {
        var first = segment.getFileName().toString().substring(OPEN_SEGMENT.length());
        var tail = new TornTail(Files.readAllBytes(segment), Long.parseLong(first));
        if (!tail.findTear() || tail.index <= known) {
            return Optional.empty();
        }
        try (var channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.truncate(tail.position);
            channel.force(true);
        }
        return Optional.of(
                "'"
                        + segment
                        + "': entry "
                        + tail.index
                        + " was not written whole and never answered for; it was cut off at byte "
                        + tail.position);
    }

    /// Goes to the first entry that is not whole; true when it is the last thing there is.
    private boolean findTear() {
        while (position < bytes.length && bytes[position] != 0) {
            var end = end();
            if (end < 0 || end > bytes.length) {
                return false; // no length that could be one, or an end that the library knows
            }
            if (!isWhole(end)) {
                return isZero(end);
            }
            position = end;
            index++;
        }
        return false;
    }

    /// Where the entry at this position ends by its own word, checksum included; -1 when that is no
    /// word.
    private int end() {
        var length = 0;
        for (var i = 0; i < 4; i++) {
            if (position + i >= bytes.length) {
                return -1;
            }
            var next = bytes[position + i];
            length |= (next & 0x7f) << 7 * i;
            if (next >= 0) {
                return position + i + 1 + length + Integer.BYTES;
            }
        }
        return -1;
    }

    private boolean isWhole(int end) {
        var checksum = new CRC32C();
        checksum.update(bytes, position, end - Integer.BYTES - position);
        return (int) checksum.getValue() == ByteBuffer.wrap(bytes).getInt(end - Integer.BYTES);
    }

    private boolean isZero(int from) {
        for (var i = from; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
