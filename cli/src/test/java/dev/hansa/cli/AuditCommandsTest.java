package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a real server, and against its files.
class AuditCommandsTest {
    private static final String WHOLE = "The chain is whole.";

    @TempDir private Path folder;

    private Path export() {
        return folder.resolve("eks/audit/audit.jsonl");
    }

    private void sql(String statement) throws Exception {
        try (var connection =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + folder.resolve("eks/hansa.db"));
                var run = connection.createStatement()) {
            assertThat(run.executeUpdate(statement)).isEqualTo(1);
        }
    }

    private static void write(RealServer server, int from, int to) {
        for (var i = from; i <= to; i++) {
            server.write("{\"Kind\":\"service-resolver\",\"Name\":\"web-" + i + "\"}");
        }
    }

    @Test
    void chainIsWholeUntilARowIsChangedOrTheLogIsCut() throws Exception {
        var head = folder.resolve("head").toString();
        try (var server = RealServer.start("eks", folder, Map.of())) {
            write(server, 1, 3);
            var list = server.hansa("audit", "list", "-what", "config-entry", "-limit", "2");
            assertThat(list.status()).as(list.err()).isZero();
            assertThat(list.out().lines())
                    .hasSize(3)
                    .element(1)
                    .asString()
                    .contains("operator", "127.0.0.1", "service-resolver/web-3", "applied");
            // a name that is wrong, or a file that somebody has removed, begins nothing anew
            var misspelt = server.hansa("audit", "verify", "-head", head);
            assertThat(misspelt.status()).isEqualTo(2);
            assertThat(misspelt.err())
                    .contains("'" + head + "': expected what was remembered", "--new-head");
            assertThat(Path.of(head)).doesNotExist();
            var whole = server.hansa("audit", "verify", "-head", head, "-new-head");
            assertThat(whole.status()).as(whole.err()).isZero();
            assertThat(whole.err()).contains("at its end is the server's own word");
            assertThat(server.hansa("audit", "verify", "-head", head, "-new-head").err())
                    .contains("'" + head + "': expected no file with --new-head; found one");
            // what is remembered is what is printed
            assertThat(whole.out()).contains(WHOLE, Files.readString(Path.of(head)));
            var refused = server.hansa("audit", "list", "-outcome", "refused", "-class", "refusal");
            assertThat(refused.out().lines()).hasSize(1);
            write(server, 4, 4);
            var again = server.hansa("audit", "verify", "-head", head);
            assertThat(again.status()).as(again.err()).isZero();
            assertThat(again.err()).isEmpty();
        }
        sql("UPDATE audit SET who = 'somebody' WHERE subject = 'service-resolver/web-2'");
        try (var server = RealServer.start("eks", folder, Map.of())) {
            var changed = server.hansa("audit", "verify");
            assertThat(changed.status()).isEqualTo(1);
            assertThat(changed.err()).matches("hansa: audit record \\d+: expected hash .*\\R");
        }
        sql("UPDATE audit SET who = 'operator' WHERE subject = 'service-resolver/web-2'");
        sql("DELETE FROM audit WHERE subject = 'service-resolver/web-4'");
        try (var server = RealServer.start("eks", folder, Map.of())) {
            // what is left is a chain, and shorter than the one that is remembered
            assertThat(server.hansa("audit", "verify").status()).isZero();
            var cut = server.hansa("audit", "verify", "-head", head);
            assertThat(cut.status()).isEqualTo(1);
            assertThat(cut.err())
                    .contains(
                            "expected change record ", "which is remembered; found records 1 to ");
        }
    }

    @Test
    void exportedFileIsItsOwnersAndIsVerifiedWithoutAServer() throws Exception {
        try (var server = RealServer.start("eks", folder, Map.of())) {
            write(server, 1, 3);
            await().until(() ->
                    Files.exists(export()) && Files.readString(export()).contains("web-3"));
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(export())))
                .isEqualTo("rw-------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(export().getParent())))
                .isEqualTo("rwx------");
        var file = folder.resolve("copy.jsonl");
        var text = Files.readString(export());
        Files.writeString(file, text);
        var whole = verify(file);
        assertThat(whole.status()).as(whole.err()).isZero();
        assertThat(whole.out()).contains(WHOLE);

        Files.writeString(file, text.replace("web-2", "web-9"));
        assertThat(verify(file).err()).matches("hansa: audit record \\d+: expected hash .*\\R");
        assertThat(verify(file).status()).isEqualTo(1);
        var lines = text.lines().filter(line -> !line.contains("web-2")).toList();
        Files.write(file, lines);
        assertThat(verify(file).err()).contains(": expected record ", " after ");
        // put aside in two, they are one chain
        var half = text.indexOf('\n', text.length() / 2) + 1;
        var second = folder.resolve("second.jsonl");
        var head = folder.resolve("head");
        Files.writeString(file, text.substring(0, half));
        Files.writeString(second, text.substring(half));
        assertThat(verify(file, "-head", head.toString(), "-new-head").status()).isZero();
        var both = verify(file, "-file", second.toString(), "-head", head.toString());
        assertThat(both.status()).as(both.err()).isZero();
        assertThat(verify(second).status()).isZero();
        var later = "{\"Form\":3,\"Number\":99}\n";
        // what was found before the record of a later version counts
        Files.writeString(file, text.replace("web-2", "web-9") + later);
        var broken = verify(file);
        assertThat(broken.status()).isEqualTo(1);
        assertThat(broken.err()).contains("found form 3", ": expected hash ");
        // what is remembered and would have come after it is no fault
        Files.writeString(file, text.substring(0, half) + later);
        assertThat(verify(file, "-head", head.toString()).status()).isEqualTo(2);
        // there was no version before the first
        Files.writeString(file, text.replaceFirst("\"Form\":1", "\"Form\":0"));
        assertThat(verify(file).status()).isEqualTo(1);
        Files.writeString(file, text + "{}\n");
        assertThat(verify(file).err()).contains("expected an audit record; found another text");
        // as a kill, or a server that is at it, leaves a file
        Files.writeString(file, text + "{\"Form\":1,\"Num");
        assertThat(verify(file).err()).contains("is not written to its end; left out");
        assertThat(verify(file).status()).isZero();
        Files.writeString(file, text + "{\"Form\":1,\"Num\n");
        assertThat(verify(file).status()).isEqualTo(1);
        assertThat(verify(folder.resolve("none")).status()).isEqualTo(2);
    }

    private static final String ENDS =
            "{\"Head\":{\"Number\":0,\"Hash\":\"\"},\"Dropped\":0,\"Classes\":{}}";

    private static final String FIRST_PAGE =
            "GET /v1/hansa/audit?limit=1000&before=" + Long.MAX_VALUE;

    /// 1 is a verdict on the log, so that a script may act on it.
    @Test
    void verifyThatCannotAskEndsWithTwo() throws Exception {
        var none = folder.resolve("none");
        assertThat(Ran.hansa(Map.of("HANSA_TOKEN_FILE", none.toString()), "", "audit", "verify"))
                .satisfies(ran -> {
                    assertThat(ran.status()).isEqualTo(2);
                    assertThat(ran.err()).contains("expected a file; found none at '" + none);
                });
        assertThat(Ran.hansa(Map.of(), "", "audit", "verify", "-http-addr", "ftp://x").status())
                .isEqualTo(2);
        try (var server = new TestingServer()) {
            assertThat(Ran.hansa(server, "audit", "verify").status()).isEqualTo(2);
            server.on("GET /v1/hansa/audit/ends", 403, "Permission denied");
            assertThat(Ran.hansa(server, "audit", "verify").status()).isEqualTo(2);
        }
        var later = Files.writeString(folder.resolve("later"), "{\"Form\":3,\"Number\":1}\n");
        assertThat(verify(later).status()).isEqualTo(2);
        assertThat(verify(later).err())
                .contains("line 1 of '" + later + "': expected an audit record of form 2")
                .contains("found form 3");
    }

    @Test
    void answerThatIsNoAuditLogIsNotWhole() throws Exception {
        try (var server = new TestingServer()) {
            server.on("GET /v1/hansa/audit/ends", 200, "{}");
            var ran = Ran.hansa(server, "audit", "verify");
            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.out()).doesNotContain(WHOLE);
            assertThat(ran.err())
                    .contains(
                            "expected the ends of an audit log, 'Head' and 'Classes'; found '{}'");

            server.on("GET /v1/hansa/audit/ends", 200, ENDS).on(FIRST_PAGE, 200, "{}");
            ran = Ran.hansa(server, "audit", "verify");
            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.out()).doesNotContain(WHOLE);
            assertThat(ran.err())
                    .contains("expected a page of records with 'Records' and 'Next'; found '{}'");

            server.on(FIRST_PAGE, 200, "{\"Records\":[{\"Form\":7}],\"Next\":0}");
            ran = Ran.hansa(server, "audit", "verify");
            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.err()).contains("found form 7");
        }
    }

    @Test
    void listRefusesWhatNoRecordHas() {
        assertThat(list("-limit", "0"))
                .contains("--limit: expected a number from 1 to 1000; found 0");
        assertThat(list("-limit", "1001")).contains("found 1001");
        assertThat(list("-class", "trsut"))
                .contains(
                        "--class: expected one of trust, change, refusal, service, registration; found 'trsut'; did you mean 'trust'?");
        assertThat(list("-outcome", "lost")).contains("--outcome: expected one of applied, ");
    }

    private static String list(String... words) {
        var all = new ArrayList<>(List.of("audit", "list"));
        all.addAll(List.of(words));
        var ran = Ran.hansa(Map.of(), "", all.toArray(String[]::new));
        assertThat(ran.status()).isEqualTo(2);
        return ran.err();
    }

    /// Of others that have such names, and are as old as what a killed process leaves.
    @Test
    void filesBesideTheHeadStay() throws Exception {
        try (var server = RealServer.start("eks", folder, Map.of())) {
            write(server, 1, 1);
            await().until(() ->
                    Files.exists(export()) && Files.readString(export()).contains("web-1"));
        }
        var head = folder.resolve("head");
        var other = Files.writeString(folder.resolve("head.last-year.new"), "kept");
        Files.setLastModifiedTime(other, FileTime.from(Instant.EPOCH));

        var ran = verify(export(), "-head", head.toString(), "-new-head");

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(head).exists();
        for (var one : Map.of("", "found none", "what is this\n", "found another").entrySet()) {
            Files.writeString(head, one.getKey());
            var refused = verify(export(), "-head", head.toString());
            assertThat(refused.status()).isEqualTo(2);
            assertThat(refused.err()).contains("'" + head + "': expected lines ", one.getValue());
        }
        assertThat(other).hasContent("kept");
    }

    private static Ran verify(Path file, String... more) {
        var words = new ArrayList<>(List.of("audit", "verify", "--file", file.toString()));
        words.addAll(List.of(more));
        return Ran.hansa(Map.of(), "", words.toArray(String[]::new));
    }
}
