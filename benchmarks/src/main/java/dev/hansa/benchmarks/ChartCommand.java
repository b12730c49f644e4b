package dev.hansa.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.benchmarks.gateway.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Tables and a chart of figures that `gateway` or `sidecar` has written, without another run.
@Command(
        name = "chart",
        description = "Prints the tables of a run of 'gateway' or 'sidecar' and draws its chart.",
        mixinStandardHelpOptions = true)
final class ChartCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FIGURES", description = "The JSON file.")
    private Path figures = Path.of("");

    @Option(names = "--svg", required = true, description = "Where the chart goes.")
    private Path svg = Path.of("");

    /// As all others have it.
    @Option(names = "--checkout", hidden = true)
    private Path checkout = Path.of(".");

    @Override
    public Integer call() throws IOException {
        var json = new ObjectMapper().readTree(figures.toFile());
        System.out.println(Report.tables(json));
        Files.writeString(svg, Report.chart(json));
        return 0;
    }
}
