package dev.hansa.cli.agent;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Starts another process of this program: the same java with the same options and jars. Its output
/// goes where this one's goes; it outlives this one.
@FunctionalInterface
interface HansaProcess {
    ProcessHandle start(String... arguments) throws IOException;

    /// Another for each build of this program.
    default String version() {
        try {
            var source = HansaProcess.class.getProtectionDomain().getCodeSource();
            var jar = Path.of(source.getLocation().toURI());
            return jar + " " + Files.getLastModifiedTime(jar).toMillis();
        } catch (IOException | URISyntaxException | RuntimeException e) {
            // then a new version is noticed when its settings change
            return "unknown";
        }
    }

    static HansaProcess ofThisProgram() {
        return arguments -> {
            var command = new ArrayList<String>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
            command.addAll(
                    List.of("-cp", System.getProperty("java.class.path"), "dev.hansa.cli.Main"));
            command.addAll(List.of(arguments));
            var builder =
                    new ProcessBuilder(command)
                            .redirectInput(new File("/dev/null"))
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.INHERIT);
            // settings of this process are none of the other's
            builder.environment().keySet().removeIf(variable -> variable.startsWith("HANSA_"));
            return builder.start().toHandle();
        };
    }
}
