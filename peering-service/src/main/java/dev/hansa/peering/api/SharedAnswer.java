package dev.hansa.peering.api;

import dev.hansa.peering.ui.Gzip;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;

/// An answer that is the same for everybody, as it is and as gzip. However many ask for it and do
/// not read it, its bytes are in memory once.
final class SharedAnswer {
    private final byte[] plain;
    private final byte[] packed;

    SharedAnswer(String text) {
        plain = text.getBytes(StandardCharsets.UTF_8);
        packed = Gzip.quick(plain);
    }

    /// A view; not to be changed.
    Buffer plain() {
        return view(plain);
    }

    /// The same as gzip.
    Buffer packed() {
        return view(packed);
    }

    /// Vert.x's public ways copy.
    private static Buffer view(byte[] bytes) {
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
