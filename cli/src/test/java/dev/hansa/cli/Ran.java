package dev.hansa.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// How one run of `hansa` ended.
record Ran(int status, String out, String err) {
    static Ran hansa(Map<String, String> environment, String in, String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var surroundings =
                new Surroundings(
                        new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                        new PrintWriter(out),
                        new PrintWriter(err),
                        environment);
        var status = Main.run(surroundings, arguments);
        return new Ran(status, out.toString(), err.toString());
    }

    /// As at a terminal.
    static Ran onTerminal(Terminal terminal, TestingServer server, String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var surroundings =
                new Surroundings(
                        InputStream.nullInputStream(),
                        new PrintWriter(out),
                        new PrintWriter(err),
                        Map.of("HANSA_HTTP_ADDR", server.address()),
                        terminal);
        var status = Main.run(surroundings, arguments);
        return new Ran(status, out.toString(), err.toString());
    }

    /// As in front of a program that reads no more.
    static Ran intoClosedPipe(TestingServer server, String... arguments) {
        var err = new StringWriter();
        var closed =
                new OutputStream() {
                    @Override
                    public void write(int each) throws IOException {
                        throw new IOException("Broken pipe");
                    }

                    @Override
                    public void flush() throws IOException {
                        throw new IOException("Broken pipe");
                    }
                };
        var surroundings =
                new Surroundings(
                        InputStream.nullInputStream(),
                        new PrintWriter(closed, false, StandardCharsets.UTF_8),
                        new PrintWriter(err),
                        Map.of("HANSA_HTTP_ADDR", server.address()));
        var status = Main.run(surroundings, arguments);
        return new Ran(status, "", err.toString());
    }

    static Ran hansa(TestingServer server, String... arguments) {
        return hansa(Map.of("HANSA_HTTP_ADDR", server.address()), "", arguments);
    }
}
