package dev.hansa.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import java.util.List;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// Logback as every process of ours has it: to standard error, since standard output belongs to
/// what a command prints. Libraries speak up when something is wrong; what happens in Hansa is told
/// by its own events.
///
/// In code and not in a file of XML, and named and not searched for: a start would open every jar
/// and read its directory, 47,000 entries, to find this out. `-Dlogback.configurationFile=FILE`
/// takes its place.
public final class Logging implements SLF4JServiceProvider {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%n";
    private static final String LEVEL = "HANSA_LOG_LEVEL";

    /// And in the same words once a minute ([RepeatedLines]).
    private static final List<String> WARNINGS_ONLY =
            List.of(
                    "io.netty",
                    "io.vertx",
                    "io.grpc",
                    "io.fabric8",
                    "org.flywaydb",
                    "org.apache.ratis");

    /// They warn of each attempt to reach a member that is away, several lines a second for as long
    /// as it is. Its check in the catalog tells of it, once.
    private static final List<String> ERRORS_ONLY =
            List.of(
                    "org.apache.ratis.grpc.server.GrpcLogAppender",
                    "org.apache.ratis.grpc.server.GrpcServerProtocolService");

    private final LoggerContext context = new LoggerContext();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final LogbackMDCAdapter facts = new LogbackMDCAdapter();

    /// For this process, before its first logger.
    static void use() {
        if (System.getProperty("logback.configurationFile") == null
                && System.getProperty("slf4j.provider") == null) {
            System.setProperty("slf4j.provider", Logging.class.getName());
            // or it would say on standard error that it does as it is told
            System.setProperty("slf4j.internal.verbosity", "WARN");
        }
    }

    @Override
    public void initialize() {
        context.setName("default");
        context.setMDCAdapter(facts);
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName("STDERR");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        var repeated = new RepeatedLines(WARNINGS_ONLY, System::nanoTime);
        repeated.start();
        context.addTurboFilter(repeated);
        WARNINGS_ONLY.forEach(name -> context.getLogger(name).setLevel(Level.WARN));
        ERRORS_ONLY.forEach(name -> context.getLogger(name).setLevel(Level.ERROR));
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        var asked = System.getenv().getOrDefault(LEVEL, "");
        root.setLevel(Level.toLevel(System.getProperty(LEVEL, asked), Level.INFO));
        root.addAppender(appender);
        context.start();
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return context;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return facts;
    }

    @Override
    public String getRequestedApiVersion() {
        // of slf4j's own: this series, whichever of it
        return "2.0.99";
    }
}
