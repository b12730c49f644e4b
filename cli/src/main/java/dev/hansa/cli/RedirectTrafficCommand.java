package dev.hansa.cli;

import dev.hansa.bootstrap.Ipv4Network;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa connect redirect-traffic`: what a machine's or a pod's start runs once, before its
/// application starts.
@Command(
        name = "redirect-traffic",
        description = {
            "Redirect the TCP connections of this machine or pod into its sidecar (IPv4), by iptables or, with",
            "--nf-tables, without any other program. Rules that an earlier run has made in the same way are",
            "replaced. Needs root, or CAP_NET_ADMIN."
        },
        footer = "  hansa connect redirect-traffic -proxy-uid 5995 -proxy-inbound-port 20000")
final class RedirectTrafficCommand extends ShortCommand {
    /// Consul's sidecars take redirected connections there.
    private static final int OUTBOUND = 15_001;

    /// A number, or a name as useradd takes it; never a flag.
    private static final Pattern UID = Pattern.compile("[0-9]{1,10}|[a-z_][a-z0-9_-]{0,31}");

    /// Each is a rule that every new connection is held against. An injected pod may name 64 of
    /// each kind, and has some of its own.
    private static final int MOST_EXCLUDED = 320;

    private static final long HIGHEST_UID = 0xFFFF_FFFEL;

    /// Of the network that this process is in; not there where IPv6 is not.
    private static final Path IPV6_ADDRESSES = Path.of("/proc/net/if_inet6");

    /// Seconds that iptables waits for another one's lock.
    private static final String LOCK_SECONDS = "10";

    /// For one line; twice the lock's.
    private static final Duration LINE_LIMIT = Duration.ofSeconds(20);

    @Option(
            names = "--proxy-uid",
            paramLabel = "UID",
            description = "The user that the sidecar runs as; its connections are left alone.")
    private @Nullable String proxyUid;

    @Option(
            names = "--proxy-inbound-port",
            paramLabel = "PORT",
            description =
                    "Where the sidecar takes mutual TLS; what comes in is redirected there (default: it is not).")
    private @Nullable Integer inboundPort;

    @Option(
            names = "--proxy-outbound-port",
            paramLabel = "PORT",
            description = "The sidecar's transparent-listen (default: ${DEFAULT-VALUE}).")
    private int outboundPort = OUTBOUND;

    @Option(
            names = "--only-virtual",
            description =
                    "Redirect connections to virtual addresses alone; all others go out as before.")
    private boolean onlyVirtual;

    @Option(
            names = "--exclude-inbound-port",
            paramLabel = "PORT",
            description = "A port that is reached as before. May be given again.")
    private List<Integer> excludeInbound = List.of();

    @Option(
            names = "--exclude-outbound-port",
            paramLabel = "PORT",
            description = "A port elsewhere that is dialled as before. May be given again.")
    private List<Integer> excludeOutbound = List.of();

    @Option(
            names = "--exclude-outbound-cidr",
            paramLabel = "CIDR",
            description = "Addresses that are dialled as before. May be given again.")
    private List<String> excludeCidrs = List.of();

    @Option(
            names = "--exclude-uid",
            paramLabel = "UID",
            description = "A user whose connections are left alone too. May be given again.")
    private List<String> excludeUids = List.of();

    @Option(names = "--clear", description = "Take the rules away instead.")
    private boolean clear;

    @Option(
            names = "--nf-tables",
            description = {
                "Ask the kernel itself (nf_tables) and not iptables: all rules in one step, users by number, and",
                "what comes in over IPv6 redirected too. As in pods, whose image has no iptables."
            })
    private boolean nfTables;

    @Option(
            names = "--dry-run",
            description = "Print the commands, or what nft reads, instead of running them.")
    private boolean dryRun;

    RedirectTrafficCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void work() throws CommandFailedException, InterruptedException {
        if (clear == (proxyUid != null)) {
            throw usage("expected either --proxy-uid or --clear");
        }
        if (!clear && !dryRun) {
            overIpv6Alone(addresses())
                    .ifPresent(words ->
                            surroundings()
                                    .err()
                                    .println("hansa connect redirect-traffic: " + words));
        }
        if (nfTables) {
            askKernel();
            return;
        }
        var rules = clear ? List.<List<String>>of() : rules().lines();
        if (dryRun) {
            (clear ? RedirectRules.removal() : rules)
                    .forEach(line -> surroundings().out().println(String.join(" ", command(line))));
            return;
        }
        remove();
        try {
            for (var line : rules) {
                run(line);
            }
        } catch (CommandFailedException e) {
            // half of the rules would be worse than none
            try {
                remove();
            } catch (CommandFailedException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /// Of the network that this process is in; none where they cannot be read, which stops nothing.
    private static List<InetAddress> addresses() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .toList();
        } catch (SocketException _) {
            return List.of();
        }
    }

    /// Where there is no way but by IPv6 the rules lead nothing into the sidecar, and nobody would
    /// see it. An address of a link leads nowhere.
    ///
    /// @return what is to be said of it; empty: nothing
    static Optional<String> overIpv6Alone(List<InetAddress> addresses) {
        var ways =
                addresses.stream()
                        .filter(one -> !one.isLoopbackAddress() && !one.isLinkLocalAddress())
                        .toList();
        return ways.isEmpty() || ways.stream().anyMatch(Inet4Address.class::isInstance)
                ? Optional.empty()
                : Optional.of(
                        "network: expected an address of IPv4, over which connections are redirected; found "
                                + ways.getFirst().getHostAddress()
                                + " and no such: what is dialled here goes around the sidecar");
    }

    private void askKernel() throws CommandFailedException {
        var table = clear ? Optional.<KernelTable>empty() : Optional.of(new KernelTable(rules()));
        if (dryRun) {
            surroundings()
                    .out()
                    .println(table.map(KernelTable::text).orElseGet(KernelTable::removalText));
            return;
        }
        try {
            var families = families();
            Netlink.change(
                    table.map(some -> some.replacement(families))
                            .orElseGet(() -> KernelTable.removal(families)));
        } catch (IOException e) {
            throw new CommandFailedException(
                    "kernel: expected it to take a table of nf_tables as root or CAP_NET_ADMIN may make it; found '"
                            + e.getMessage()
                            + "'",
                    e);
        }
    }

    /// What of the network has an address: nobody comes in by another, and the kernel need not know
    /// it.
    private static Set<KernelTable.Family> families() throws IOException {
        return Files.exists(IPV6_ADDRESSES) && !Files.readString(IPV6_ADDRESSES).isBlank()
                ? EnumSet.allOf(KernelTable.Family.class)
                : EnumSet.of(KernelTable.Family.IP);
    }

    private void judge(String uid) {
        if (!UID.matcher(uid).matches()) {
            throw usage("expected a user's number or name; found '" + uid + "'");
        }
        if (nfTables && (!uid.matches("[0-9]+") || Long.parseLong(uid) > HIGHEST_UID)) {
            throw usage("expected a user's number with --nf-tables; found '" + uid + "'");
        }
    }

    private RedirectRules rules() {
        var uids = new ArrayList<>(excludeUids);
        uids.add(proxyUid == null ? "" : proxyUid);
        uids.forEach(this::judge);
        for (var cidr : excludeCidrs) {
            if (!Ipv4Network.isOne(cidr)) {
                throw usage("expected an IPv4 network such as 10.0.0.0/8; found '" + cidr + "'");
            }
        }
        var excluded =
                excludeInbound.size()
                        + excludeOutbound.size()
                        + excludeCidrs.size()
                        + excludeUids.size();
        if (excluded > MOST_EXCLUDED) {
            throw usage("expected at most " + MOST_EXCLUDED + " exclusions; found " + excluded);
        }
        var ports = new ArrayList<>(excludeInbound);
        ports.addAll(excludeOutbound);
        ports.add(outboundPort);
        if (inboundPort != null) {
            ports.add(inboundPort);
        }
        for (var port : ports) {
            if (port < 1 || port > 65_535) {
                throw usage("expected a port from 1 to 65535; found '" + port + "'");
            }
        }
        return new RedirectRules(
                uids.getLast(),
                inboundPort == null ? OptionalInt.empty() : OptionalInt.of(inboundPort),
                outboundPort,
                onlyVirtual,
                excludeInbound,
                excludeOutbound,
                excludeCidrs,
                excludeUids);
    }

    private static List<String> command(List<String> line) {
        var words = new ArrayList<>(List.of("iptables", "-w", LOCK_SECONDS, "-t", "nat"));
        words.addAll(line);
        return words;
    }

    /// Whatever there is; what is not there cannot be taken away. That nothing is left is seen
    /// after: who lacks the rights fails here.
    private static void remove() throws CommandFailedException, InterruptedException {
        for (var line : RedirectRules.removal()) {
            outcome(command(line));
        }
        for (var line : RedirectRules.listings()) {
            if (RedirectRules.leadsToOurs(run(line))) {
                throw new CommandFailedException(
                        "'"
                                + String.join(" ", command(line))
                                + "': expected no rules of an earlier run; found that they could"
                                + " not be taken away");
            }
        }
    }

    /// What it has written.
    private static String run(List<String> line)
            throws CommandFailedException, InterruptedException {
        var words = command(line);
        var outcome = outcome(words);
        if (outcome.status() != 0) {
            throw new CommandFailedException(
                    "'"
                            + String.join(" ", words)
                            + "': expected to succeed; found exit status "
                            + outcome.status()
                            + ": "
                            + PlainText.of(outcome.said().lines().findFirst().orElse("")));
        }
        return outcome.said();
    }

    /// @param said what it wrote, errors too
    private record Outcome(int status, String said) {}

    private static Outcome outcome(List<String> words)
            throws CommandFailedException, InterruptedException {
        try {
            var process = new ProcessBuilder(words).redirectErrorStream(true).start();
            process.getOutputStream().close();
            // a few lines, for which a pipe has room; more of them would end as a wait does
            if (!process.waitFor(LINE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new CommandFailedException(
                        "'"
                                + String.join(" ", words)
                                + "': expected an end within "
                                + LINE_LIMIT.toSeconds()
                                + "s; found none");
            }
            return new Outcome(
                    process.exitValue(),
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandFailedException(
                    "iptables: expected it on the PATH; found '" + e.getMessage() + "'", e);
        }
    }
}
