package dev.hansa.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa monitor`: a server's log, as it is written.
@Command(
        name = "monitor",
        description = {
            "Print what a server logs, until it is interrupted.",
            "Never more than the server itself logs (HANSA_LOG_LEVEL there)."
        },
        footer = "  hansa monitor -log-level warn")
final class MonitorCommand extends ClientCommand {
    static final String PATH = "/v1/agent/monitor";

    @Option(
            names = "--log-level",
            paramLabel = "trace|debug|info|warn|error",
            converter = LogLevel.Converter.class,
            description = "This level and above (default: info).")
    private LogLevel level = LogLevel.info;

    @Option(names = "--log-json", description = "Each line as a JSON object.")
    private boolean json;

    MonitorCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        var path = PATH + "?loglevel=" + level + (json ? "&logjson" : "");
        var isHeard = new AtomicBoolean(true);
        try (var log = api.follow(path)) {
            LogLines.read(
                    log,
                    LogLines.SILENCE,
                    line -> {
                        out.println(PlainText.of(line));
                        // it flushes; whoever reads may have had enough
                        isHeard.set(!out.checkError());
                        return isHeard.get();
                    });
        } catch (IOException e) {
            throw ended(api, e.getMessage() + "' (the server is gone, or the way to it)");
        }
        if (isHeard.get()) {
            throw ended(
                    api,
                    "the end of it' (the server ends it when it stops, or when the token is worth"
                            + " nothing any more)");
        }
    }

    private static CommandFailedException ended(ApiClient api, String found) {
        return new CommandFailedException(
                api.address()
                        + ": expected its log until interrupted; found '"
                        + PlainText.of(found));
    }
}
