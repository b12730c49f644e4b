package dev.hansa.cli;

import dev.hansa.cli.Finding.Severity;
import dev.hansa.cli.Finding.Sheet;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa doctor`: what is wrong in a datacenter, and how to mend it.
@Command(
        name = "doctor",
        description = {
            "Say what is wrong in a datacenter and how to mend it, one line for each finding.",
            "Exit status: 0 nothing is wrong, 1 something is, 2 it could not be asked."
        },
        footer = "  hansa doctor --http-addr https://eks.example:8501")
final class DoctorCommand extends ClientCommand {
    private static final int FOUND = 1;
    private static final int UNREACHED = 2;

    private final Clock clock;
    private final Reach.Network network;

    @Option(
            names = "--no-dial",
            description = "Do not try whether our mesh gateways accept connections from here.")
    private boolean dialsNobody;

    @Option(
            names = "--format",
            paramLabel = "pretty|json|table",
            description = "How to print (default: pretty).")
    private OutputFormat format = OutputFormat.pretty;

    DoctorCommand(Surroundings surroundings) {
        this(surroundings, Clock.systemUTC(), Reach.Network.ofMachine());
    }

    DoctorCommand(Surroundings surroundings, Clock clock, Reach.Network network) {
        super(surroundings);
        this.clock = clock;
        this.network = network;
    }

    /// 1 says that something is wrong, so that what could not be asked needs another.
    @Override
    int statusOfFailure() {
        return UNREACHED;
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        var sheet = new Sheet();
        var chart = Chart.read(api, clock, sheet);
        Diagnosis.of(chart, sheet, dialsNobody ? network.withoutDialing() : network);
        for (var server : chart.unreached()) {
            // as a firewall may have it: no flaw, but nobody shall take it for looked at
            note("not looked at: clock and certificate of server " + server);
        }
        var findings = sheet.all();
        switch (format) {
            case json -> out.println(json(chart, findings));
            case pretty -> print(chart, findings, out);
            case table -> {
                var table = new Columns().heading("Severity", "Check", "Finding", "To mend it");
                findings.forEach(one ->
                        table.row(
                                one.severity().name(), one.check().name(), one.what(), one.mend()));
                out.print(table.text(surroundings().terminal().colours()));
            }
        }
        endWith(findings.isEmpty() ? 0 : FOUND);
    }

    private static void print(Chart chart, List<Finding> findings, PrintWriter out) {
        for (var finding : findings) {
            var line =
                    "%-7s  %s; to mend it: %s"
                            .formatted(finding.severity(), finding.what(), finding.mend());
            out.println(PlainText.of(line).replace('\n', ' '));
        }
        var errors = findings.stream().filter(one -> one.severity() == Severity.error).count();
        out.println(
                "datacenter '"
                        + chart.datacenter()
                        + "': "
                        + (findings.isEmpty()
                                ? "nothing is wrong"
                                : errors + " errors, " + (findings.size() - errors) + " warnings"));
    }

    private static String json(Chart chart, List<Finding> findings) throws CommandFailedException {
        var json = Json.object().put("Datacenter", chart.datacenter());
        var all = json.putArray("Findings");
        for (var finding : findings) {
            all.addObject()
                    .put("Severity", finding.severity().name())
                    .put("Check", finding.check().name())
                    .put("Finding", finding.what())
                    .put("Mend", finding.mend());
        }
        return Json.pretty(json);
    }
}
