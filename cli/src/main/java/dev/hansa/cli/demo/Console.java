package dev.hansa.cli.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// What the demo says: a line per step, in colour and with a bar while it waits on a terminal,
/// plain lines otherwise.
final class Console {
    private static final int BAR = 26;
    private static final String GREEN = "\u001b[32m";
    private static final String RED = "\u001b[31m";
    private static final String DIM = "\u001b[2m";
    private static final String BOLD = "\u001b[1m";
    private static final String PLAIN = "\u001b[0m";
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final boolean colour;
    private int done;
    private int all = 1;

    Console(PrintStream out, boolean terminal, boolean colour) {
        this.out = out;
        this.terminal = terminal;
        this.colour = colour;
    }

    /// A terminal when input and output are one; colour unless `NO_COLOR` is set.
    static Console standard(Map<String, String> environment) {
        var terminal =
                Optional.ofNullable(System.console())
                                .filter(java.io.Console::isTerminal)
                                .isPresent()
                        && !"dumb".equals(environment.get("TERM"));
        return new Console(System.out, terminal, terminal && !environment.containsKey("NO_COLOR"));
    }

    synchronized void progress(int stepsDone, int steps) {
        done = stepsDone;
        all = steps;
    }

    /// Shown only where it can be wiped away again.
    synchronized void waiting(String what) {
        if (terminal) {
            var filled = BAR * done / all;
            out.print(
                    CLEAR
                            + paint(
                                    DIM,
                                    "["
                                            + "#".repeat(filled)
                                            + ".".repeat(BAR - filled)
                                            + "] "
                                            + done
                                            + "/"
                                            + all
                                            + " "
                                            + what));
            out.flush();
        }
    }

    synchronized void held(String id, Duration took, String sentence) {
        step(paint(GREEN, "ok  "), id, took, sentence);
    }

    synchronized void failed(String id, Duration took, String sentence) {
        step(paint(RED, "FAIL"), id, took, sentence);
    }

    private void step(String mark, String id, Duration took, String sentence) {
        line("%s %-9s %8s  %s".formatted(mark, id, took.toMillis() + " ms", sentence));
    }

    synchronized void detail(String text) {
        text.lines().forEach(line -> line(paint(DIM, "       " + line)));
    }

    synchronized void heading(String text) {
        line(paint(BOLD, text));
    }

    synchronized void line(String text) {
        out.println((terminal ? CLEAR : "") + text);
        out.flush();
    }

    private String paint(String code, String text) {
        return colour ? code + text + PLAIN : text;
    }
}
