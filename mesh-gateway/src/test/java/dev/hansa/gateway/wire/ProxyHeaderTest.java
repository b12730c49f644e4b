package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.gateway.wire.ProxyHeader.Ends;
import dev.hansa.gateway.wire.ProxyHeader.Found;
import dev.hansa.gateway.wire.ProxyHeader.Look;
import dev.hansa.gateway.wire.ProxyHeader.NeedMore;
import dev.hansa.gateway.wire.ProxyHeader.Refused;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    /// 198.51.100.7:4711 to 203.0.113.2:443.
    private static final String IPV4 = "c6336407" + "cb007102" + "1267" + "01bb";

    private static final Optional<Ends> ENDS = ends("198.51.100.7", 4711, "203.0.113.2", 443);

    private static byte[] withTlvs(byte[]... tlvs) {
        var all = ByteBuffer.allocate(Stream.of(tlvs).mapToInt(tlv -> tlv.length).sum());
        Stream.of(tlvs).forEach(all::put);
        return header("2111", IPV4, all.array());
    }

    static byte[] header(String start, String addresses, byte... tlvs) {
        var block = HexFormat.of().parseHex(addresses);
        return ByteBuffer.allocate(16 + block.length + tlvs.length)
                .put(HexFormat.of().parseHex(SIGNATURE + start))
                .putShort((short) (block.length + tlvs.length))
                .put(block)
                .put(tlvs)
                .array();
    }

    private static byte[] tlv(int type, byte... value) {
        return ByteBuffer.allocate(3 + value.length)
                .put((byte) type)
                .putShort((short) value.length)
                .put(value)
                .array();
    }

    static Stream<byte[]> headers() {
        return Stream.of(
                header("2111", IPV4),
                withTlvs(tlv(4), tlv(2, new byte[300])),
                header("2000", ""),
                // what LOCAL says besides is to be skipped
                header("20ff", "00".repeat(100)),
                header("2031", "00".repeat(216)),
                ProxyHeader.of(ends("2001:db8::7", 0, "2001:db8::2", 65535)),
                intact(withTlvs(tlv(3, new byte[4]), tlv(1, (byte) 'h'))));
    }

    /// Its checksum is the first of what follows the addresses.
    private static byte[] intact(byte[] header) {
        var sum = new CRC32C();
        sum.update(header);
        return ByteBuffer.wrap(header).putInt(31, (int) sum.getValue()).array();
    }

    @Test
    void headerOfIpv4NamesBothEnds() {
        assertThat(look(header("2111", IPV4))).isEqualTo(new Found(28, ENDS));
    }

    @Test
    void headerOfIpv6NamesBothEnds() {
        var bytes =
                header(
                        "2121",
                        "20010db8000000000000000000000007"
                                + "20010db8000000000000000000000002"
                                + "1267"
                                + "01bb");

        assertThat(look(bytes))
                .isEqualTo(new Found(52, ends("2001:db8::7", 4711, "2001:db8::2", 443)));
    }

    /// Whoever bounds it by source must not take it for another.
    @Test
    void ipv4InIpv6IsIpv4() {
        var mapped = "00000000000000000000ffff";
        var bytes = header("2121", mapped + "c6336407" + mapped + "cb007102" + "126701bb");

        assertThat(look(bytes)).isEqualTo(new Found(52, ENDS));
    }

    @ParameterizedTest
    @MethodSource("headers")
    void anySplitSaysTheSame(byte[] header) {
        var followed = Arrays.copyOf(header, header.length + 100);
        var whole = look(followed);

        assertThat(whole)
                .isInstanceOfSatisfying(
                        Found.class, found -> assertThat(found.length()).isEqualTo(header.length));
        for (var count = 0; count < header.length; count++) {
            var said = count;
            assertThat(look(Arrays.copyOf(header, count)))
                    .isInstanceOfSatisfying(
                            NeedMore.class,
                            more ->
                                    assertThat(more.bytes())
                                            .isGreaterThan(said)
                                            .isLessThanOrEqualTo(header.length));
        }
        for (var count = header.length; count < followed.length; count++) {
            assertThat(look(Arrays.copyOf(followed, count))).isEqualTo(whole);
        }
    }

    /// Nobody is waited for who says something else.
    @Test
    void firstByteThatDiffersIsRefusedAtOnce() {
        var header = header("2111", IPV4);
        for (var at = 0; at < 12; at++) {
            var other = Arrays.copyOf(header, at + 1);
            other[at] ^= 0x20;

            assertThat(look(other)).isInstanceOf(Refused.class);
        }
    }

    /// As soon as these are there.
    @ParameterizedTest
    @ValueSource(strings = {"01", "11", "31", "f1", "22", "2f"})
    void otherVersionsAndCommandsAreRefused(String start) {
        assertThat(look(Arrays.copyOf(header(start + "11", IPV4), 16)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.why()).endsWith(start));
    }

    /// Without an address of a caller's the bounds of one source would count for the proxy.
    @ParameterizedTest
    @ValueSource(strings = {"00", "01", "10", "12", "13", "20", "22", "30", "31", "32", "41", "ff"})
    void familyThatNamesNoStreamOfTheInternetIsRefused(String family) {
        assertThat(look(header("21" + family, "00".repeat(216))))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.why()).endsWith(family));
    }

    @ParameterizedTest
    @CsvSource({"11, 11", "11, 0", "21, 35", "21, 12"})
    void lengthThatLeavesNoRoomForTheAddressesIsRefused(String family, int length) {
        assertThat(look(header("21" + family, "00".repeat(length)))).isInstanceOf(Refused.class);
    }

    @Test
    void headerIsBoundedBeforeItHasCome() {
        var most = ProxyHeader.MOST - 16;

        assertThat(look(Arrays.copyOf(header("2111", "00".repeat(most)), 16)))
                .isEqualTo(new NeedMore(ProxyHeader.MOST));
        assertThat(look(Arrays.copyOf(header("2111", "00".repeat(most + 1)), 16)))
                .isInstanceOf(Refused.class);
        assertThat(look(Arrays.copyOf(header("2000", "00".repeat(0xffff)), 16)))
                .isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000000", "e0000001"})
    void sourceThatNobodyCallsFromIsRefused(String source) {
        assertThat(look(header("2111", source + IPV4.substring(8)))).isInstanceOf(Refused.class);
    }

    @Test
    void whatFollowsTheAddressesHasToEndWithTheHeader() {
        for (var rest : new byte[][] {{4}, {4, 0}, {4, 0, 1}, {4, 0, 0, 4}, {2, 1, 0, 7, 7}}) {
            assertThat(look(header("2111", IPV4, rest))).isInstanceOf(Refused.class);
        }
    }

    /// It is one value among others, and not looked into.
    @Test
    void headerInAHeaderIsSkippedWithIt() {
        var inner = header("2111", "01020304" + IPV4.substring(8));

        assertThat(look(withTlvs(tlv(0xe0, inner))))
                .isEqualTo(new Found(28 + 3 + inner.length, ENDS));
    }

    @Test
    void checksumIsHeldTo() {
        var header = intact(withTlvs(tlv(3, new byte[4]), tlv(1, (byte) 'h')));
        assertThat(look(header)).isEqualTo(new Found(header.length, ENDS));

        for (var at = 16; at < header.length; at++) {
            if (at == 28 || at == 29 || at == 30) {
                // then it is no checksum any more
                continue;
            }
            var other = header.clone();
            other[at] ^= 1;
            assertThat(look(other)).as("byte " + at).isInstanceOf(Refused.class);
        }
        assertThat(look(withTlvs(tlv(3, (byte) 1)))).isInstanceOf(Refused.class);
    }

    /// Nothing is thrown, whatever comes.
    @Test
    void anythingHasAnAnswer() {
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++) {
            var bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            var start = HexFormat.of().parseHex(SIGNATURE + "211100");
            System.arraycopy(start, 0, bytes, 0, Math.min(bytes.length, random.nextInt(16)));
            assertThat(look(bytes)).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "198.51.100.7, 203.0.113.2, 28",
        "2001:db8::7, 2001:db8::2, 52",
        "198.51.100.7, 2001:db8::2, 52",
        "2001:db8::7, 203.0.113.2, 52"
    })
    void whatIsSaidIsWhatIsRead(String from, String to, int length) {
        var ends = ends(from, 1, to, 65535);

        assertThat(look(ProxyHeader.of(ends))).isEqualTo(new Found(length, ends));
    }

    @Test
    void whoIsNotKnownIsNotNamed() {
        assertThat(look(ProxyHeader.of(Optional.empty())))
                .isEqualTo(new Found(16, Optional.empty()));
    }

    @Test
    void whatWasSaidFollowsTheHeader() {
        var all = ProxyHeader.before(Unpooled.wrappedBuffer(new byte[] {7, 8, 9}), ENDS);
        try {
            assertThat(ProxyHeader.look(all)).isEqualTo(new Found(28, ENDS));
            assertThat(IntStream.range(28, all.readableBytes()).map(all::getByte))
                    .containsExactly(7, 8, 9);
        } finally {
            all.release();
        }
    }

    private static Optional<Ends> ends(String from, int port, String to, int toPort) {
        return Optional.of(
                new Ends(
                        new InetSocketAddress(InetAddress.ofLiteral(from), port),
                        new InetSocketAddress(InetAddress.ofLiteral(to), toPort)));
    }

    /// In the middle of a buffer, as it is after other bytes.
    private static Look look(byte[] bytes) {
        var buffer = Unpooled.wrappedBuffer(new byte[3], bytes).skipBytes(3);
        var look = ProxyHeader.look(buffer);
        assertThat(buffer.readerIndex()).isEqualTo(3);
        buffer.release();
        return look;
    }
}
