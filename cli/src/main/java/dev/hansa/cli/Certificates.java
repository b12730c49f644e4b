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

/// Roots and intermediates, ours and of peers, and what servers and proxies show, that end soon.
final class Certificates {
    /// A root's successor needs every peer to hear of it; a month has room for one that is away.
    private static final Duration SOON = Duration.ofDays(30);

    /// Renewed from half of its life on: at a quarter somebody should have noticed.
    private static final int LATE = 4;

    /// Who renews it by hand needs a fortnight; where a machine does, a quarter of its life is
    /// less.
    private static final Duration API_SOON = Duration.ofDays(14);

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
        chart.servers().forEach(certificates::ofApi);
        Chart.items(chart.at(Chart.PROXIES).path("Proxies")).forEach(certificates::ofProxy);
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
        ending(subject, Duration.between(chart.now(), end), SOON, end, mend);
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

    /// An operator's, or that of a proxy before the server.
    private void ofApi(ServerFace server) {
        server.certificate()
                .ifPresent(certificate -> {
                    var end = certificate.getNotAfter().toInstant();
                    var life = Duration.between(certificate.getNotBefore().toInstant(), end);
                    var left = Duration.between(chart.now(), end);
                    var quarter = life.dividedBy(LATE);
                    var enough = quarter.compareTo(API_SOON) < 0 ? quarter : API_SOON;
                    ending(
                            "certificate of the HTTP API"
                                    + (server.name().isEmpty()
                                            ? ""
                                            : " of server '" + server.name() + "'"),
                            left,
                            enough,
                            end,
                            "write a new one to http.certificate and http.key, which are read again by themselves; or renew that of the proxy before it");
                });
    }

    /// Of a sidecar or a mesh gateway, as it tells of the one that it uses; nothing of one that
    /// does not say it.
    private void ofProxy(JsonNode proxy) {
        var begin = Diagnosis.moment(proxy.path("NotBefore"));
        var end = Diagnosis.moment(proxy.path("NotAfter"));
        if (begin.isEmpty() || end.isEmpty()) {
            return;
        }
        var isGateway = Chart.text(proxy, "Service").equals("mesh-gateway");
        ending(
                "certificate of "
                        + (isGateway ? "mesh gateway '" : "sidecar '")
                        + Chart.text(proxy, "ServiceID")
                        + "' at node '"
                        + Chart.text(proxy, "Node")
                        + "'",
                Duration.between(chart.now(), end.get()),
                Duration.between(begin.get(), end.get()).dividedBy(LATE),
                end.get(),
                "it asks a server for the next from two thirds of its life on: see its log for why it has none");
    }

    private void ending(String subject, Duration left, Duration enough, Instant end, String mend) {
        if (left.isNegative()) {
            sheet.error(
                    Check.certificates,
                    subject + ": expected to hold; found that it ended at " + end,
                    mend);
        } else if (left.compareTo(enough) < 0) {
            sheet.warning(
                    Check.certificates,
                    subject
                            + ": expected more than "
                            + Diagnosis.text(enough)
                            + " left; found "
                            + Diagnosis.text(left)
                            + ", until "
                            + end,
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
