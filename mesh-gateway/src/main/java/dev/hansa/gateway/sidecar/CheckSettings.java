package dev.hansa.gateway.sidecar;

import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import java.time.Duration;

/// How an application is asked, and what follows from its answers.
///
/// @param interval from one question to the next
/// @param timeout how long an answer may take
/// @param failuresBeforeCritical questions in a row that stay without an answer; one that is
///   refused, and an answer that says no, count at once
/// @param successBeforePassing good answers in a row, once it has been critical after passing
/// @param idleConnection whether a connection is held whose end is a hint; of kind `tcp` alone, as
///   the others hold theirs
/// @param resetUnread whether connections are reset whose bytes an application does not read that
///   is silent ([Unread])
public record CheckSettings(
        CheckKind kind,
        Duration interval,
        Duration timeout,
        int failuresBeforeCritical,
        int successBeforePassing,
        boolean idleConnection,
        boolean resetUnread) {
    /// Of the interval and of the answer, where nothing was said. A machine with more to do than
    /// processors stalls whoever runs there for longer than [#TIMEOUT], and an application without
    /// another instance would be refused for that.
    private static final Duration PATIENT = Duration.ofSeconds(1);

    /// With [#TIMEOUT], what a caller may lose to an application that has stopped.
    public static final Duration INTERVAL = Duration.ofMillis(100);

    /// What collectors of garbage aim to stay under (G1's goal is 200 ms), so that a usual pause is
    /// no silence; whoever has longer ones raises this.
    public static final Duration TIMEOUT = Duration.ofMillis(200);

    /// An application that has said nothing for [#TIMEOUT] would have made each new caller wait for
    /// as long: these are better off elsewhere at once, and those that it has stay with it.
    public static final int FAILURES_BEFORE_CRITICAL = 1;

    /// Going away is cheap, going to and fro is not: one that stalls again and again answers
    /// between its stalls.
    public static final int SUCCESS_BEFORE_PASSING = 3;

    /// Every question costs the application something too.
    public static final Duration SHORTEST = Duration.ofMillis(10);

    /// Whoever wants less than this switches it off.
    public static final Duration LONGEST = Duration.ofHours(1);

    /// More in a row than this is a check that never decides.
    public static final int MOST_IN_A_ROW = 100;

    /// The settings of which nothing was said.
    public static final CheckSettings DEFAULT = of(new CheckKind.Tcp());

    public static CheckSettings of(CheckKind kind) {
        return new CheckSettings(kind, PATIENT, PATIENT, FAILURES_BEFORE_CRITICAL, 1, true, true);
    }

    /// For whoever wants to know when a death is noticed.
    public String text() {
        var way =
                switch (kind) {
                    case CheckKind.None _ -> "";
                    case CheckKind.Tcp _ -> "tcp";
                    case CheckKind.Grpc _ -> "grpc";
                    case CheckKind.Http(var path) -> "http:" + path;
                };
        return way.isEmpty()
                ? "not asked how it is"
                : "asked by %s every %d ms with %d ms to answer%s"
                        .formatted(
                                way,
                                interval.toMillis(),
                                timeout.toMillis(),
                                failuresBeforeCritical == 1
                                        ? ""
                                        : ", critical after "
                                                + failuresBeforeCritical
                                                + " silences");
    }

    /// As a check waits for an answer, in another way of asking and without its connection.
    public static CheckSettings probe(CheckKind kind, CheckSettings check) {
        return new CheckSettings(
                kind, PATIENT, check.timeout(), FAILURES_BEFORE_CRITICAL, 1, false, false);
    }

    /// For machines that have the time: stopped is noticed within 300 ms.
    public static CheckSettings quick(CheckKind kind) {
        return new CheckSettings(
                kind,
                INTERVAL,
                TIMEOUT,
                FAILURES_BEFORE_CRITICAL,
                SUCCESS_BEFORE_PASSING,
                true,
                true);
    }
}
