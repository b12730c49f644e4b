package dev.hansa.peering.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Bytes that are no query, or none that is known here.
class MalformedQueryTest {
    private static final int PATIENCE_MILLIS = 10_000;

    /// `consul A IN` behind a header.
    private static final String CONSUL = "06636f6e73756c00 0001 0001";

    private DnsWorld world;

    @BeforeEach
    void start() throws InterruptedException {
        world = new DnsWorld();
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "no question,            1234 0100 0000 0000 0000 0000,                         FORMERR",
        "question cut off,       1234 0100 0001 0000 0000 0000 06636f6e,                FORMERR",
        "no type,                1234 0100 0001 0000 0000 0000 06636f6e73756c00 00,     FORMERR",
        "two questions,          1234 0100 0002 0000 0000 0000 " + CONSUL + CONSUL + ", FORMERR",
        "more than there is,     1234 0100 0001 ffff ffff ffff " + CONSUL + ",          FORMERR",
        "label too long,         1234 0100 0001 0000 0000 0000 7f636f6e73756c00 0001 0001, FORMERR",
        "pointer to itself,      1234 0100 0001 0000 0000 0000 c00c 0001 0001,          FORMERR",
        "pointer ahead,          1234 0100 0001 0000 0000 0000 c0ff 0001 0001,          FORMERR",
        "two OPT records,        1234 0100 0001 0000 0000 0002 "
                + CONSUL
                + "00 0029 0200 00000000 0000 00 0029 0200 00000000 0000,               FORMERR",
        "OPT with a name,        1234 0100 0001 0000 0000 0001 "
                + CONSUL
                + "0161 00 0029 0200 00000000 0000,                                     FORMERR",
        "OPT with torn options,  1234 0100 0001 0000 0000 0001 "
                + CONSUL
                + "00 0029 0200 00000000 0003 000a00,                                   FORMERR",
        "status query,           1234 1000 0001 0000 0000 0000 " + CONSUL + ",          NOTIMP",
        "notify,                 1234 2000 0001 0000 0000 0000 " + CONSUL + ",          NOTIMP",
        "update,                 1234 2800 0001 0000 0000 0000 " + CONSUL + ",          NOTIMP"
    })
    void queryIsRefusedByItsHeaderAlone(String what, String hex, String rcode) throws IOException {
        var query = bytes(hex);

        var answer = world.overUdp(query);

        assertThat(answer).hasSize(12);
        var header = new Message(answer).getHeader();
        assertThat(header.getID()).isEqualTo(0x1234);
        assertThat(Rcode.string(header.getRcode())).isEqualTo(rcode);
        assertThat(answer[2] & 0x80).as("a response").isNotZero();
        assertThat(answer[2] & 0x79).as("opcode and RD").isEqualTo(query[2] & 0x79);
    }

    /// What must not be answered is followed by a query that is: the first answer is to that.
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "nothing,       ''",
        "one byte,      12",
        "half a header, 1234 0100 0001",
        "a response,    1234 8100 0001 0000 0000 0000 " + CONSUL,
        "an error,      1234 8101 0000 0000 0000 0000"
    })
    void packetIsIgnored(String what, String hex) throws IOException {
        var packet = bytes(hex);
        var query = world.query("consul", Type.SOA).toWire();
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.send(new DatagramPacket(packet, packet.length, world.at()));
            socket.send(new DatagramPacket(query, query.length, world.at()));

            assertThat(DnsWorld.received(socket)).startsWith(query[0], query[1]);
        }
        assertThat(world.outcomes()).containsExactly("ignored", "answered");
    }

    @Test
    void laterVersionOfEdnsIsToldWhichOneIsKnown() throws IOException {
        var query = world.query("consul", Type.SOA);
        query.addRecord(new OPTRecord(4096, 0, 1), Section.ADDITIONAL);

        var answer = new Message(world.overUdp(query.toWire()));

        assertThat(answer.getRcode()).isEqualTo(Rcode.BADVERS);
        assertThat(answer.getOPT().getVersion()).isZero();
        assertThat(answer.getSection(Section.ANSWER)).isEmpty();
    }

    @Test
    void ednsIsAnsweredWithEdnsAndWithoutItNot() throws IOException {
        var query = world.query("consul", Type.SOA);
        query.addRecord(new OPTRecord(4096, 0, 0, ExtendedFlags.DO), Section.ADDITIONAL);

        var answer = new Message(world.overUdp(query.toWire()));

        assertThat(answer.getOPT().getPayloadSize()).isEqualTo(2048);
        assertThat(answer.getOPT().getFlags()).isEqualTo(ExtendedFlags.DO);
        assertThat(world.ask("consul", Type.SOA).getOPT()).isNull();
    }

    @Test
    void otherClassIsRefused() throws IOException {
        var query = new Message(7);
        query.addRecord(
                Record.newRecord(Name.fromString("version.bind."), Type.TXT, DClass.CH),
                Section.QUESTION);

        assertThat(new Message(world.overUdp(query.toWire())).getRcode()).isEqualTo(Rcode.REFUSED);
    }

    @Test
    void opcodeIsCountedAndNothingIsLogged() throws IOException {
        var query = new Message(7);
        query.getHeader().setOpcode(Opcode.UPDATE);
        world.overUdp(query.toWire());
        world.overUdp(bytes("1234 0100 0000 0000 0000 0000"));

        assertThat(world.outcomes()).containsExactly("not_implemented", "malformed");
        world.noFailures();
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
