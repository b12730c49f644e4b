package dev.hansa.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/// The header of the PROXY protocol, version 2: what a proxy says first on a connection, so that
/// whoever takes it knows for whom it was made (HAProxy's proxy-protocol.txt, 2.2). Exact on any
/// split; whatever is not a whole header of a stream over IPv4 or IPv6 is refused, as its bounds
/// would count for nobody.
public final class ProxyHeader {
    /// With everything that follows the addresses. The largest that proxies send of themselves have
    /// some hundred bytes; of version 2 alone it could be 64 KiB.
    public static final int MOST = 2 << 10;

    private static final byte[] SIGNATURE = {
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
    };

    /// The signature, version and command, family, and how much follows.
    private static final int START = 16;

    private static final int VERSION = 0x20;
    private static final int LOCAL = 0;
    private static final int PROXY = 1;
    private static final int STREAM_OF_IPV4 = 0x11;
    private static final int STREAM_OF_IPV6 = 0x21;
    private static final int PORT = 2;
    private static final int IPV4 = 4;
    private static final int IPV6 = 16;

    /// Type and length of what follows the addresses.
    private static final int TLV = 3;

    private static final int CRC32C_TYPE = 3;
    private static final int CRC32C_BYTES = 4;

    private ProxyHeader() {}

    /// Both ends of the connection that the proxy has from its caller.
    public record Ends(InetSocketAddress source, InetSocketAddress destination) {}

    /// What the bytes so far say.
    public sealed interface Look {}

    /// @param bytes look again when there are at least this many
    public record NeedMore(int bytes) implements Look {}

    /// @param length of the header; what comes after it is the caller's
    /// @param ends empty: the proxy speaks for itself, as it does to see whether we live
    public record Found(int length, Optional<Ends> ends) implements Look {}

    /// @param why expected and found
    public record Refused(String why) implements Look {}

    /// Looks at the readable bytes; neither index of the buffer moves.
    public static Look look(ByteBuf bytes) {
        var start = bytes.readerIndex();
        var available = bytes.readableBytes();
        for (var i = 0; i < Math.min(available, SIGNATURE.length); i++) {
            if (bytes.getByte(start + i) != SIGNATURE[i]) {
                return new Refused(
                        "expected the signature of PROXY protocol v2; found other bytes");
            }
        }
        if (available < START) {
            // byte by byte: whoever says something else is not waited for
            return new NeedMore(available + 1);
        }
        var command = bytes.getUnsignedByte(start + 12);
        if (command != (VERSION | LOCAL) && command != (VERSION | PROXY)) {
            return new Refused(
                    "expected version 2 and command LOCAL or PROXY; found "
                            + ByteBufUtil.hexDump(bytes, start + 12, 1));
        }
        var length = START + bytes.getUnsignedShort(start + 14);
        if (length > MOST) {
            return new Refused("expected a header of " + MOST + " bytes at most; found " + length);
        }
        if (command == (VERSION | PROXY)) {
            var refused = family(bytes.getUnsignedByte(start + 13), length);
            if (refused.isPresent()) {
                return refused.get();
            }
        }
        if (available < length) {
            return new NeedMore(length);
        }
        // what else a LOCAL one says is to be skipped, whatever it is
        return command == (VERSION | LOCAL)
                ? new Found(length, Optional.empty())
                : whole(bytes.slice(start, length));
    }

    private static Optional<Refused> family(int family, int length) {
        if (family != STREAM_OF_IPV4 && family != STREAM_OF_IPV6) {
            return Optional.of(
                    new Refused(
                            "expected a stream over IPv4 (11) or IPv6 (21); found family "
                                    + String.format("%02x", family)));
        }
        var least = START + addresses(family);
        return length < least
                ? Optional.of(
                        new Refused(
                                "expected a header of "
                                        + least
                                        + " bytes at least; found "
                                        + length))
                : Optional.empty();
    }

    private static int addresses(int family) {
        return 2 * ((family == STREAM_OF_IPV4 ? IPV4 : IPV6) + PORT);
    }

    private static Look whole(ByteBuf header) {
        var family = header.getUnsignedByte(13);
        var width = family == STREAM_OF_IPV4 ? IPV4 : IPV6;
        var ports = START + 2 * width;
        var source = address(header, START, width);
        if (source.isAnyLocalAddress() || source.isMulticastAddress()) {
            return new Refused("expected an address that can call; found " + source);
        }
        var ends =
                new Ends(
                        new InetSocketAddress(source, header.getUnsignedShort(ports)),
                        new InetSocketAddress(
                                address(header, START + width, width),
                                header.getUnsignedShort(ports + PORT)));
        for (var at = START + addresses(family); at < header.readableBytes(); ) {
            var left = header.readableBytes() - at;
            var length = left < TLV ? 0 : header.getUnsignedShort(at + 1);
            if (left < TLV + length) {
                return new Refused("expected the value of a TLV; found the end of the header");
            }
            if (header.getByte(at) == CRC32C_TYPE && !isIntact(header, at + TLV, length)) {
                return new Refused("expected the checksum that the header has; found another");
            }
            at += TLV + length;
        }
        return new Found(header.readableBytes(), Optional.of(ends));
    }

    /// IPv4 in IPv6 becomes IPv4.
    private static InetAddress address(ByteBuf header, int at, int width) {
        var bytes = new byte[width];
        header.getBytes(at, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("expected 4 or 16 bytes; found " + width, e);
        }
    }

    /// Over the header, with zeros in the place of the checksum.
    private static boolean isIntact(ByteBuf header, int at, int length) {
        if (length != CRC32C_BYTES) {
            return false;
        }
        var bytes = ByteBufUtil.getBytes(header);
        ByteBuffer.wrap(bytes).putInt(at, 0);
        var sum = new CRC32C();
        sum.update(bytes, 0, bytes.length);
        return (int) sum.getValue() == header.getInt(at);
    }

    /// The header, and what the caller has said so far after it.
    ///
    /// @param ends empty: they are not known any more
    /// @param said handed over
    static ByteBuf before(ByteBuf said, Optional<Ends> ends) {
        var header = of(ends);
        var all = Transport.BUFFERS.directBuffer(header.length + said.readableBytes());
        all.writeBytes(header).writeBytes(said);
        said.release();
        return all;
    }

    /// @param ends empty: a header that says nothing of them
    static byte[] of(Optional<Ends> ends) {
        if (ends.isEmpty()) {
            return ByteBuffer.allocate(START).put(SIGNATURE).put((byte) (VERSION | LOCAL)).array();
        }
        var source = ends.get().source();
        var destination = ends.get().destination();
        var width =
                source.getAddress() instanceof Inet4Address
                                && destination.getAddress() instanceof Inet4Address
                        ? IPV4
                        : IPV6;
        var family = width == IPV4 ? STREAM_OF_IPV4 : STREAM_OF_IPV6;
        return ByteBuffer.allocate(START + addresses(family))
                .put(SIGNATURE)
                .put((byte) (VERSION | PROXY))
                .put((byte) family)
                .putShort((short) addresses(family))
                .put(wide(source.getAddress(), width))
                .put(wide(destination.getAddress(), width))
                .putShort((short) source.getPort())
                .putShort((short) destination.getPort())
                .array();
    }

    /// A header is of one family: beside an address of IPv6, one of IPv4 is written in it.
    private static byte[] wide(InetAddress address, int width) {
        var bytes = address.getAddress();
        return bytes.length == width
                ? bytes
                : ByteBuffer.allocate(width).putShort(10, (short) 0xffff).put(12, bytes).array();
    }
}
