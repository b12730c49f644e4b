package dev.hansa.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A program that does what kubectl does for us, without a cluster: it lists contexts, and relays a
/// port of its own. It notes how it was called.
final class StandInKubectl {
    /// `CONTEXT=PORT`, one on a line: where each leads.
    static final String CONTEXTS = "STAND_IN_CONTEXTS";

    /// The file in which is noted, a line for each call: process id, words, and all variables.
    static final String NOTES = "STAND_IN_NOTES";

    private StandInKubectl() {}

    /// A script of this name on a path of its own.
    static Path installIn(Path folder) throws IOException {
        var script = Files.createDirectories(folder).resolve("kubectl");
        var java = ProcessHandle.current().info().command().orElseThrow();
        var classes = Path.of("target/test-classes").toAbsolutePath();
        Files.writeString(
                script,
                "#!/bin/sh\nexec '%s' -XX:TieredStopAtLevel=1 -cp '%s' %s \"$@\"\n"
                        .formatted(java, classes, StandInKubectl.class.getName()));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return folder;
    }

    public static void main(String[] words) throws Exception {
        var all = List.of(words);
        Files.writeString(
                Path.of(variable(NOTES)),
                (ProcessHandle.current().pid() + " " + all + " " + System.getenv())
                                .replace('\n', ' ')
                        + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        var contexts = contexts();
        if (all.equals(List.of("config", "get-contexts", "-o", "name"))) {
            contexts.keySet().forEach(System.out::println);
            return;
        }
        var service = all.get(all.size() - 2);
        if (service.equals("service/missing")) {
            System.err.println("Error from server (NotFound): services \"missing\" not found");
            System.exit(1);
        }
        if (service.equals("service/ends")) {
            System.out.println("Forwarding from 127.0.0.1:1 -> 8500");
            System.err.println("error: lost connection to pod");
            System.exit(1);
        }
        if (service.equals("service/silent")) {
            // as a plugin that logs in asks for it
            System.err.println("To sign in, enter the code ABCD\u001b[2J");
            System.err.println("waiting");
            Thread.currentThread().join();
        }
        relay(contexts.getOrDefault(all.get(all.indexOf("--context") + 1), 0));
    }

    private static String variable(String name) {
        return System.getenv().getOrDefault(name, "");
    }

    private static Map<String, Integer> contexts() {
        return Arrays.stream(variable(CONTEXTS).split("\n"))
                .map(line -> line.split("="))
                .collect(Collectors.toMap(pair -> pair[0], pair -> Integer.valueOf(pair[1])));
    }

    private static void relay(int port) throws IOException {
        try (var listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
            System.out.println("Forwarding from 127.0.0.1:" + listener.getLocalPort() + " -> 8500");
            while (true) {
                var near = listener.accept();
                var far = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
                System.out.println("Handling connection for " + listener.getLocalPort());
                Thread.ofVirtual().start(() -> copy(near, far));
                Thread.ofVirtual().start(() -> copy(far, near));
            }
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException _) {
            // one of them has hung up
        }
    }

    /// What was noted of each call so far.
    static List<String> notes(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.UTF_8);
    }
}
