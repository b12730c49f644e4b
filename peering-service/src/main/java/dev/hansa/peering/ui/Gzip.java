package dev.hansa.peering.ui;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// Content as `gzip` (RFC 9110, 8.4.1.3), for whoever says that he takes it.
public final class Gzip {
    /// As a header names it.
    public static final String NAME = "gzip";

    private Gzip() {}

    /// Whether an `Accept-Encoding` says that it may be sent so. Who says `*` alone has not thought
    /// of it, and gets the content as it is.
    ///
    /// @param header null: none
    public static boolean isTaken(@Nullable String header) {
        return header != null
                && Arrays.stream(header.toLowerCase(Locale.ROOT).split(","))
                        .map(one -> one.split(";", 2))
                        .filter(one -> one[0].strip().equals(NAME))
                        .anyMatch(one -> one.length == 1 || !isNever(one[1]));
    }

    /// `q=0`, however it is written.
    private static boolean isNever(String weight) {
        return weight.replace(" ", "").matches("q=0(\\.0*)?");
    }

    /// For what is packed each time: nearly as small as the best, at a third of its time.
    public static byte[] quick(byte[] content) {
        return packed(content, Deflater.BEST_SPEED);
    }

    /// For what is packed once.
    static byte[] best(byte[] content) {
        return packed(content, Deflater.BEST_COMPRESSION);
    }

    private static byte[] packed(byte[] content, int level) {
        var bytes = new ByteArrayOutputStream(content.length / 4 + 64);
        try (var out =
                new GZIPOutputStream(bytes) {
                    {
                        def.setLevel(level);
                    }
                }) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
