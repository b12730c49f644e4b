package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Sheet;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Roots and intermediates, ours and of peers, that end soon.
final class Certificates {
    /// A root's successor needs every peer to hear of it; a month has room for one that is away.
    private static final Duration SOON = Duration.ofDays(30);

    /// Renewed from half of its life on: at a quarter somebody should have noticed.
    private static final int LATE = 4;

    private final Chart chart;
    private final Sheet sheet;

    private Certificates(Chart chart, Sheet sheet) {
        this.chart = chart;
        this.sheet = sheet;
    }

    static void look(Chart chart, Sheet sheet) {
        var certificates = new Certificates(chart, sheet);
        for (var root : chart.at(Chart.ROOTS).path("Roots")) {
            certificates.own(root);
        }
        for (var peering : chart.at(Chart.PEERINGS)) {
            Json.texts(peering.path("PeerCAPems"))
                    .forEach(pem -> certificates.ofPeer(Chart.text(peering, "Name"), pem));
        }
        for (var wait : chart.at(Chart.AUTHORITY).path("Rotation").path("WaitsFor")) {
            sheet.warning(
                    Check.certificates,
                    "rotation of the root: expected to go on; found it waiting for "
                            + Chart.text(wait, "Kind")
                            + " '"
                            + Chart.text(wait, "Name")
                            + "' since "
                            + Chart.text(wait, "Since")
                            + ": "
                            + Chart.text(wait, "Reason"),
                    "bring it back, or let ca.retire-limit end: hansa ca status");
        }
    }

    private void own(JsonNode root) {
        var isExternal = chart.at(Chart.AUTHORITY).path("External").asBoolean();
        Diagnosis.moment(root.path("NotAfter"))
                .ifPresent(end ->
                        root(
                                "root '" + Chart.text(root, "Name") + "'",
                                end,
                                isExternal
                                        ? "put a new one at ca.root-file, then: hansa ca rotate --external"
                                        : "hansa ca rotate"));
        Json.texts(root.path("IntermediateCerts")).forEach(this::intermediate);
    }

    private void ofPeer(String peer, String pem) {
        parse(pem, "root of peer '" + peer + "'")
                .ifPresent(certificate ->
                        root(
                                "root of peer '" + peer + "'",
                                certificate.getNotAfter().toInstant(),
                                "its operator rotates it: hansa ca rotate in '" + peer + "'"));
    }

    private void root(String subject, Instant end, String mend) {
        var left = Duration.between(chart.now(), end);
        if (left.isNegative()) {
            sheet.error(
                    Check.certificates,
                    subject + ": expected to hold; found that it ended at " + end,
                    mend);
        } else if (left.compareTo(SOON) < 0) {
            sheet.warning(
                    Check.certificates,
                    subject
                            + ": expected more than "
                            + SOON.toDays()
                            + "d left; found "
                            + Diagnosis.text(left)
                            + ", until "
                            + end,
                    mend);
        }
    }

    private void intermediate(String pem) {
        parse(pem, "intermediate").ifPresent(this::intermediate);
    }

    private void intermediate(X509Certificate certificate) {
        var end = certificate.getNotAfter().toInstant();
        var life = Duration.between(certificate.getNotBefore().toInstant(), end);
        var left = Duration.between(chart.now(), end);
        var mend = "a server renews it by itself: see its log for why it has not";
        if (left.isNegative()) {
            sheet.error(
                    Check.certificates,
                    "intermediate: expected to hold; found that it ended at " + end,
                    mend);
        } else if (left.compareTo(life.dividedBy(LATE)) < 0) {
            sheet.warning(
                    Check.certificates,
                    "intermediate: expected to be renewed from half of its life on; found "
                            + Diagnosis.text(left)
                            + " of "
                            + Diagnosis.text(life)
                            + " left",
                    mend);
        }
    }

    private Optional<X509Certificate> parse(String pem, String subject) {
        try {
            var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
            return Optional.of(
                    (X509Certificate)
                            CertificateFactory.getInstance("X.509").generateCertificate(in));
        } catch (CertificateException e) {
            sheet.warning(
                    Check.certificates,
                    subject
                            + ": expected a certificate in PEM; found '"
                            + PlainText.of(String.valueOf(e.getMessage()))
                            + "'",
                    "see the server's log");
            return Optional.empty();
        }
    }
}
