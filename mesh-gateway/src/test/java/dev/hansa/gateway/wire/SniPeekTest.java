package dev.hansa.gateway.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.wire.SniPeek.Name;
import dev.hansa.gateway.wire.SniPeek.NeedMore;
import dev.hansa.gateway.wire.SniPeek.Refused;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SniPeekTest {
    private static final String HOST = "shippingservice.default.default.eks.external.1a2b.consul";
    private static final SniPeek.Peek FOUND = new Name(new ServerName(HOST));

    /// GREASE (RFC 8701), a key share as large as X25519MLKEM768's, then the name.
    private static final byte[] POST_QUANTUM =
            Hellos.with(
                    Hellos.extension(0x0a0a, new byte[0]),
                    Hellos.extension(51, new byte[1220]),
                    Hellos.serverName(HOST),
                    Hellos.extension(0x1a1a, new byte[1]));

    @Test
    void everyPrefixOfJdkHellosNeedsMore() throws Exception {
        assertExact(Hellos.ofJdk(HOST, "TLSv1.3", "TLSv1.2"));
        assertExact(Hellos.ofJdk(HOST, "TLSv1.2"));
    }

    @Test
    void everyPrefixOfBoringSslHellosNeedsMore() throws Exception {
        assertExact(Hellos.ofBoringSsl(HOST, "TLSv1.3"));
        assertExact(Hellos.ofBoringSsl(HOST, "TLSv1.3", "TLSv1.2"));
    }

    @Test
    void everyPrefixOfPostQuantumHelloNeedsMore() {
        assertExact(Hellos.records(POST_QUANTUM));
    }

    @Test
    void everyCutIntoTwoRecordsIsReadAtEverySplit() throws Exception {
        var message = Hellos.message(Hellos.ofBoringSsl(HOST, "TLSv1.3"));
        for (var cut = 1; cut < message.length; cut++) {
            assertExact(Hellos.records(message, cut));
        }
    }

    @Test
    void everyRecordSizeIsRead() {
        for (var size = 1; size <= 64; size++) {
            var wire = Hellos.inRecordsOf(size, POST_QUANTUM);
            assertThat(look(wire)).as("records of %d bytes", size).isEqualTo(FOUND);
            assertThat(look(Arrays.copyOf(wire, wire.length - 1))).isInstanceOf(NeedMore.class);
        }
    }

    @Test
    void smallRecordsAreReadAtEverySplit() {
        assertExact(Hellos.inRecordsOf(3, POST_QUANTUM));
    }

    @Test
    void bytesAfterTheHelloDoNotMatter() {
        var wire = Hellos.records(POST_QUANTUM);
        var longer = Arrays.copyOf(wire, wire.length + 100);
        Arrays.fill(longer, wire.length, longer.length, (byte) 0xee);

        assertThat(look(longer)).isEqualTo(FOUND);
    }

    @Test
    void bufferIsLeftAsItWas() {
        var buffer = Unpooled.buffer().writeZero(7);
        buffer.writeBytes(Hellos.records(POST_QUANTUM)).readerIndex(7);

        assertThat(SniPeek.look(buffer)).isEqualTo(FOUND);
        assertThat(buffer.readerIndex()).isEqualTo(7);
        buffer.release();
    }

    @Test
    void nameIsFoundWhateverItsCase() {
        assertThat(look(hello(Hellos.serverName("API.Example")))).isEqualTo(name("api.example"));
    }

    @Test
    void helloWithoutNameIsRefused() {
        assertThat(look(hello(Hellos.extension(51, new byte[4])))).isEqualTo(NO_NAME);
        assertThat(look(hello())).isEqualTo(NO_NAME);
    }

    @Test
    void namesOutsideTheGrammarAreRefused() {
        for (var bad :
                new String[] {
                    "trailing.dot.",
                    ".leading",
                    "two..dots",
                    "10.0.0.1",
                    "[::1]",
                    "sp ace",
                    "null\0.example",
                    "star.*",
                    "a".repeat(64) + ".example",
                    "a.".repeat(128) + "toolong"
                }) {
            assertThat(look(hello(Hellos.serverName(bad))))
                    .as("'%s'", bad)
                    .isEqualTo(new Refused(Refusal.BAD_SERVER_NAME));
        }
        assertThat(look(hello(Hellos.serverName(new byte[] {'a', (byte) 0xe9, 'b'}))))
                .isEqualTo(new Refused(Refusal.BAD_SERVER_NAME));
    }

    @Test
    void plainTextIsRefusedAtItsFirstByte() {
        assertThat(look("GET / HTTP/1.1\r\n".getBytes(US_ASCII))).isEqualTo(NOT_TLS);
        assertThat(look(new byte[] {'G'})).isEqualTo(NOT_TLS);
        assertThat(look(new byte[] {(byte) 0x80, 0x2e, 1, 0, 2})).isEqualTo(NOT_TLS);
    }

    @Test
    void helloThatContradictsItselfIsRefused() {
        var once = Hellos.serverName("a.example");
        assertThat(look(hello(once, once))).as("two names").isEqualTo(MALFORMED);

        var other = Hellos.records(Hellos.message(2, new byte[40]));
        assertThat(look(other)).as("a server's hello").isEqualTo(MALFORMED);

        var shorter = Hellos.with(once);
        shorter[3]--;
        assertThat(look(Hellos.records(shorter))).as("length one too small").isEqualTo(MALFORMED);

        assertThat(look(new byte[] {22, 3, 1, 0, 0})).as("empty record").isEqualTo(MALFORMED);
        assertThat(look(new byte[] {22, 3, 1, 0x50, 0})).as("huge record").isEqualTo(MALFORMED);
        assertThat(look(Hellos.records(Hellos.message(1, new byte[] {3, 3}))))
                .as("a hello of two bytes")
                .isEqualTo(MALFORMED);
    }

    /// A server waits for the rest of the record, and says nothing meanwhile.
    @Test
    void helloThatEndsBeforeItsRecordIsRefusedAtItsEnd() {
        var longer = Arrays.copyOf(POST_QUANTUM, POST_QUANTUM.length + 1);
        var wire = Hellos.records(longer);
        var end = wire.length - 1;
        assertThat(look(wire)).as("at once").isEqualTo(MALFORMED);
        assertThat(look(Arrays.copyOf(wire, end))).as("the rest is to come").isEqualTo(MALFORMED);
        assertThat(look(Arrays.copyOf(wire, end - 1))).isInstanceOf(NeedMore.class);
    }

    @Test
    void helloOfSixteenKibibytesIsReadAndOneByteMoreRefused() {
        var fixed = Hellos.with(Hellos.extension(21, new byte[0]), Hellos.serverName(HOST)).length;
        var most = SniPeek.MAX_HELLO - fixed;

        assertThat(look(padded(most))).isEqualTo(FOUND);
        assertThat(look(padded(most + 1))).isEqualTo(new Refused(Refusal.HELLO_TOO_LARGE));
        assertThat(look(Arrays.copyOf(padded(most + 1), 9)))
                .as("as soon as its length is known")
                .isEqualTo(new Refused(Refusal.HELLO_TOO_LARGE));
    }

    @Test
    void helloThatTakesTooMuchOnTheWireIsRefused() {
        var message = Hellos.with(Hellos.extension(21, new byte[8000]), Hellos.serverName(HOST));

        assertThat(look(Hellos.inRecordsOf(1, message)))
                .isEqualTo(new Refused(Refusal.HELLO_TOO_LARGE));
    }

    @Test
    void noByteStringMakesItThrow() {
        var random = new Random(20261123);
        var wire = Hellos.inRecordsOf(200, POST_QUANTUM);
        for (var i = 0; i < 100_000; i++) {
            var bytes = Arrays.copyOf(wire, 1 + random.nextInt(wire.length));
            for (var flips = random.nextInt(4); flips >= 0; flips--) {
                bytes[random.nextInt(Math.min(bytes.length, 400))] = (byte) random.nextInt();
            }
            assertThat(look(bytes)).isNotNull();
        }
    }

    @Test
    void everySplitIsReadTheSameAsTheWhole() {
        var random = new Random(20261130);
        for (var i = 0; i < 2000; i++) {
            var wire = Hellos.inRecordsOf(1 + random.nextInt(300), POST_QUANTUM);
            for (var flips = random.nextInt(3); flips > 0; flips--) {
                wire[random.nextInt(Math.min(wire.length, 400))] = (byte) random.nextInt();
            }
            var buffer = Unpooled.buffer().writeBytes(wire);
            var peek = new SniPeek();
            var answer = peek.next(buffer.slice(0, 0));
            for (var length = 0; length < wire.length && answer instanceof NeedMore; ) {
                length = Math.min(wire.length, length + 1 + random.nextInt(400));
                answer = peek.next(buffer.slice(0, length));
                assertThat(answer).isEqualTo(look(Arrays.copyOf(wire, length)));
            }
            assertThat(answer).isEqualTo(look(wire));
            buffer.release();
        }
    }

    /// Each byte is a call and each record six bytes: an attacker's price must not be squared here.
    @Test
    void helloInRecordsOfOneByteIsLookedAtOnce() {
        var message = Hellos.with(Hellos.extension(21, new byte[3000]), Hellos.serverName(HOST));
        var wire = Hellos.inRecordsOf(1, message);
        var buffer = new CountedBytes(wire.length);
        var peek = new SniPeek();
        SniPeek.Peek answer = new NeedMore(1);
        for (var each : wire) {
            buffer.writeByte(each);
            answer = peek.next(buffer);
        }

        assertThat(answer).isEqualTo(FOUND);
        assertThat(wire.length).isGreaterThan(18_000);
        // four of each record's header on its way, and its length once more at the end
        assertThat(buffer.looks).isLessThan(2 * wire.length);
        buffer.release();
    }

    /// Counts how often it is asked for bytes.
    private static final class CountedBytes extends UnpooledHeapByteBuf {
        private int looks;

        CountedBytes(int capacity) {
            super(UnpooledByteBufAllocator.DEFAULT, capacity, capacity);
        }

        @Override
        public byte getByte(int index) {
            looks++;
            return super.getByte(index);
        }

        @Override
        public short getShort(int index) {
            looks++;
            return super.getShort(index);
        }

        @Override
        public ByteBuf getBytes(int index, byte[] to, int at, int length) {
            looks++;
            return super.getBytes(index, to, at, length);
        }
    }

    private static final SniPeek.Peek NO_NAME = new Refused(Refusal.NO_SERVER_NAME);
    private static final SniPeek.Peek NOT_TLS = new Refused(Refusal.NOT_TLS);
    private static final SniPeek.Peek MALFORMED = new Refused(Refusal.MALFORMED_HELLO);

    private static SniPeek.Peek name(String host) {
        return new Name(new ServerName(host));
    }

    private static byte[] hello(byte[]... extensions) {
        return Hellos.records(Hellos.with(extensions));
    }

    private static byte[] padded(int padding) {
        var message = Hellos.with(Hellos.extension(21, new byte[padding]), Hellos.serverName(HOST));
        return message.length > 1 << 14
                ? Hellos.records(message, 1 << 13)
                : Hellos.records(message);
    }

    /// The whole is found; each shorter part needs more, and is not asked for in vain.
    private static void assertExact(byte[] wire) {
        var promised = 0;
        for (var length = 0; length < wire.length; length++) {
            var answer = look(Arrays.copyOf(wire, length));
            if (!(answer instanceof NeedMore(var bytes))
                    || bytes <= length
                    || bytes > wire.length
                    || bytes < promised) {
                throw new AssertionError(
                        "prefix of " + length + " of " + wire.length + " bytes: " + answer);
            }
            promised = bytes;
        }
        assertThat(look(wire)).isEqualTo(FOUND);
    }

    private static SniPeek.Peek look(byte[] bytes) {
        var buffer = Unpooled.wrappedBuffer(bytes);
        try {
            return SniPeek.look(buffer);
        } finally {
            buffer.release();
        }
    }
}
