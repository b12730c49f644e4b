package dev.hansa.cli;

import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Sheet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whose clock is wrong, by how far those of the servers are before this machine's.
final class Clocks {
    /// Less than this is no more than a slow answer and an honest drift.
    private static final Duration DIFFER = Duration.ofSeconds(30);

    /// What certificates bear (OPERATIONS, Clocks).
    private static final Duration BREAK = Duration.ofHours(1);

    private static final String MEND =
            "set it by NTP; what it dates, tokens and certificates, ends early or late by as much";

    private static final Reading THIS_MACHINE = new Reading("this machine", Duration.ZERO);

    private final List<Reading> servers;
    private final Sheet sheet;

    /// @param ahead of this machine's
    private record Reading(String whose, Duration ahead) {
        boolean agrees(Reading other) {
            return ahead.minus(other.ahead).abs().compareTo(DIFFER) <= 0;
        }
    }

    private Clocks(List<Reading> servers, Sheet sheet) {
        this.servers = servers;
        this.sheet = sheet;
    }

    static void look(Chart chart, Sheet sheet) {
        var isAlone = chart.servers().size() == 1;
        new Clocks(
                        chart.servers().stream()
                                .flatMap(server ->
                                        server.ahead().stream()
                                                .map(ahead ->
                                                        new Reading(
                                                                isAlone || server.name().isEmpty()
                                                                        ? "the server"
                                                                        : "server '"
                                                                                + server.name()
                                                                                + "'",
                                                                ahead)))
                                .toList(),
                        sheet)
                .look();
    }

    private void look() {
        var all = new ArrayList<>(servers);
        all.add(THIS_MACHINE);
        var right = majority(all);
        if (right.isPresent()) {
            all.stream()
                    .filter(one -> !one.agrees(right.get()))
                    .forEach(one -> wrong(one, right.get(), "most others'", MEND));
        } else {
            servers.stream()
                    .filter(one -> !one.agrees(THIS_MACHINE))
                    .forEach(one ->
                            wrong(
                                    one,
                                    THIS_MACHINE,
                                    "this machine's",
                                    "see which of the two is wrong, and set it by NTP; tokens end early or late by as much"));
        }
    }

    /// One that more than half of all clocks agree with, itself among them: of two that differ
    /// nobody knows which is right.
    private static Optional<Reading> majority(List<Reading> all) {
        return all.stream()
                .filter(one -> 2 * all.stream().filter(one::agrees).count() > all.size())
                .findFirst();
    }

    private void wrong(Reading one, Reading right, String others, String mend) {
        var ahead = one.ahead().minus(right.ahead());
        var what =
                "clock of "
                        + one.whose()
                        + ": expected within "
                        + Diagnosis.text(DIFFER)
                        + " of "
                        + others
                        + "; found "
                        + Diagnosis.text(ahead.abs())
                        + (ahead.isNegative() ? " behind" : " ahead");
        if (ahead.abs().compareTo(BREAK) > 0) {
            sheet.error(Check.clocks, what, mend);
        } else {
            sheet.warning(Check.clocks, what, mend);
        }
    }
}
