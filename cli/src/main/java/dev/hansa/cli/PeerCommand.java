package dev.hansa.cli;

import dev.hansa.cli.PeerSide.View;
import dev.hansa.peering.configentry.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa peer A B`: all that it takes to make two datacenters peers.
@Command(
        name = "peer",
        description = {
            "Make two datacenters peers: a token is made at A and used at B, and both are waited for.",
            "Safe to repeat. The token is shown to nobody, and worthless when it fails."
        },
        footer = {
            "  hansa peer eks https://lke.example:8501 --token-file-b lke.token",
            "  hansa peer kube:prod-eks/hansa kube:prod-lke/hansa --token-file-a eks.token --token-file-b lke.token"
        })
final class PeerCommand extends ShortCommand {
    private static final String WHERE =
            "http(s)://host:port, a profile that 'hansa profile set' has saved, or kube:CONTEXT[/NAMESPACE] of kubectl.";

    /// What a person takes for at once.
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    /// Longer, and somebody has forgotten it.
    private static final Duration MAX_WAIT = Duration.ofHours(1);

    @Parameters(index = "0", paramLabel = "A", description = WHERE)
    private String a = "";

    @Parameters(index = "1", paramLabel = "B", description = WHERE)
    private String b = "";

    @Option(
            names = "--token-file-a",
            paramLabel = "FILE",
            description = "A file with the token to ask A with (default: the profile's).")
    private @Nullable String tokenFileA;

    @Option(
            names = "--token-file-b",
            paramLabel = "FILE",
            description = "The same for B. No variable says it: a token is for one datacenter.")
    private @Nullable String tokenFileB;

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description =
                    "Certificates, PEM, that certify servers at https:// (default: the profile's).")
    private @Nullable String caFile;

    @Option(
            names = "--kube-service",
            paramLabel = "NAME",
            description =
                    "With kube: the service of the servers in the cluster (default: hansa-server).")
    private String kubeService = "hansa-server";

    @Option(
            names = "--kube-port",
            paramLabel = "PORT",
            description = "With kube: that service's port of the HTTP API (default: 8500).")
    private int kubePort = 8500;

    @Option(
            names = "--kube-tls",
            description =
                    "With kube: ask there over TLS, of a server named SERVICE.NAMESPACE.svc, or SERVICE without a namespace.")
    private boolean kubeTls;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description =
                    "How long to wait until both are active, and for each port of kubectl (default: 1m).")
    private String timeout = "1m";

    @Option(
            names = "--format",
            paramLabel = "pretty|json|table",
            description = "How to print (default: pretty).")
    private OutputFormat format = OutputFormat.pretty;

    PeerCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void work() throws CommandFailedException, InterruptedException {
        try (var forwards = new Forwards()) {
            work(forwards);
        }
    }

    private void work(Forwards forwards) throws CommandFailedException, InterruptedException {
        var patience = patience();
        var one = side(a, Optional.ofNullable(tokenFileA), "--token-file-a", forwards);
        var other = side(b, Optional.ofNullable(tokenFileB), "--token-file-b", forwards);
        if (one.datacenter().equals(other.datacenter())) {
            throw new CommandFailedException(
                    "peers: expected two datacenters; found '"
                            + one.datacenter()
                            + "' at both "
                            + one.api().address()
                            + " and "
                            + other.api().address());
        }
        var already = peer(one, other);
        await(one, other, patience);
        print(one, other, already);
    }

    private Duration patience() {
        try {
            var wait = GoDuration.parse(timeout);
            if (wait.isPositive() && wait.compareTo(MAX_WAIT) <= 0) {
                return wait;
            }
        } catch (IllegalArgumentException _) {
            // said below
        }
        throw usage(
                "--timeout: expected a duration of at most 1h, such as 90s; found '"
                        + timeout
                        + "'");
    }

    /// Ports of this machine that lead into clusters, one for each side at most.
    private static final class Forwards implements AutoCloseable {
        private final List<Kubectl.Forward> all = new ArrayList<>();

        @Override
        public void close() {
            all.forEach(Kubectl.Forward::close);
        }
    }

    private ApiAccess at(Kubectl.Forward forward, KubeContext context)
            throws CommandFailedException {
        var address = "127.0.0.1:" + forward.port();
        if (!kubeTls) {
            return ApiAccess.at("http://" + address);
        }
        return ApiAccess.at("https://" + address)
                .named(
                        kubeService
                                + context.namespace()
                                        .map(namespace -> "." + namespace + ".svc")
                                        .orElse(""));
    }

    /// @param forwards where is kept what stays open until the end
    private PeerSide throughKubectl(
            String where, Optional<String> tokenFile, String flag, Forwards forwards)
            throws CommandFailedException, InterruptedException {
        if (kubePort < 1 || kubePort > 65_535) {
            throw usage("--kube-port: expected a port from 1 to 65535; found " + kubePort);
        }
        var kubectl = Kubectl.find(surroundings());
        var context = KubeContext.of(where, kubectl.contexts());
        var forward = kubectl.forward(context, kubeService, kubePort, patience());
        forwards.all.add(forward);
        var access = flagged(at(forward, context), tokenFile, flag);
        // the port is gone by then
        return PeerSide.at(
                client(access).over(forward), "' through a kubectl port-forward of your own");
    }

    private PeerSide side(String where, Optional<String> tokenFile, String flag, Forwards forwards)
            throws CommandFailedException, InterruptedException {
        if (KubeContext.isOne(where)) {
            return throughKubectl(where, tokenFile, flag, forwards);
        }
        if (Profiles.isName(where)) {
            var saved = Profiles.open(surroundings()).named(where).access(where, surroundings());
            return PeerSide.at(client(flagged(saved, tokenFile, flag)), " -profile " + where + "'");
        }
        var api = client(flagged(ApiAccess.at(where), tokenFile, flag));
        return PeerSide.at(api, " -http-addr " + api.address() + "'");
    }

    private ApiAccess flagged(ApiAccess found, Optional<String> tokenFile, String flag)
            throws CommandFailedException {
        var access = found;
        if (tokenFile.isPresent()) {
            access =
                    access.with(Optional.of(ApiAccess.read(tokenFile.get(), flag, surroundings())));
        }
        if (caFile != null) {
            access = access.certifiedBy(Optional.of(caFile));
        }
        return access;
    }

    /// @return whether there was nothing to do
    private boolean peer(PeerSide one, PeerSide other)
            throws CommandFailedException, InterruptedException {
        var here = one.view(other);
        var there = other.view(one);
        refuseWhatIsOver(one, other, here);
        refuseWhatIsOver(other, one, there);
        refuseAnother(one, other, here, there);
        refuseAnother(other, one, there, here);
        if (here.isPresent()
                && there.isPresent()
                && !here.get().waitsForDialer()
                && !there.get().waitsForDialer()) {
            return here.get().isActive() && there.get().isActive();
        }
        if (accepts(here) && dials(there)) {
            establish(one, other);
        } else if (accepts(there) && dials(here)) {
            establish(other, one);
        } else {
            throw new CommandFailedException(
                    "peering of '"
                            + one.datacenter()
                            + "' and '"
                            + other.datacenter()
                            + "': expected none, or one that both know; found "
                            + state(here)
                            + " in '"
                            + one.datacenter()
                            + "' and "
                            + state(there)
                            + " in '"
                            + other.datacenter()
                            + "' (delete it where it is: hansa peering delete)");
        }
        return false;
    }

    private static boolean accepts(Optional<View> view) {
        return view.isEmpty() || view.get().waitsForDialer();
    }

    private static boolean dials(Optional<View> view) {
        return view.isEmpty() || view.get().dials();
    }

    private static String state(Optional<View> view) {
        return view.map(View::state).orElse("none");
    }

    private static void refuseWhatIsOver(PeerSide side, PeerSide other, Optional<View> view)
            throws CommandFailedException {
        if (view.isPresent() && view.get().isOver()) {
            throw new CommandFailedException(
                    "peering '"
                            + other.datacenter()
                            + "' in '"
                            + side.datacenter()
                            + "': expected none, or one that goes on; found it "
                            + view.get().state()
                            + " ('hansa peering delete -name "
                            + other.datacenter()
                            + side.way()
                            + ", then again)");
        }
    }

    /// A peer of the same name need not be the same.
    private static void refuseAnother(
            PeerSide side, PeerSide other, Optional<View> view, Optional<View> back)
            throws CommandFailedException {
        if (view.isEmpty()) {
            return;
        }
        var remote = view.get().remote();
        var isOther = !remote.isEmpty() && !remote.equals(other.datacenter());
        var peerId = view.get().peerId();
        var isOfAnother = back.isPresent() && !peerId.isEmpty() && !peerId.equals(back.get().id());
        if (isOther || isOfAnother) {
            throw new CommandFailedException(
                    "peering '"
                            + other.datacenter()
                            + "' in '"
                            + side.datacenter()
                            + "': expected the datacenter at "
                            + other.api().address()
                            + "; found another of that name");
        }
    }

    private void establish(PeerSide acceptor, PeerSide dialer)
            throws CommandFailedException, InterruptedException {
        var made = acceptor.tokenFor(dialer);
        note(
                acceptor.datacenter()
                        + ": token made for "
                        + dialer.datacenter()
                        + ", fingerprint "
                        + text(made, "Fingerprint"));
        try {
            dialer.establish(acceptor, made);
        } catch (CommandFailedException e) {
            throw new CommandFailedException(
                    dialer.datacenter()
                            + ": expected to establish with the token of '"
                            + acceptor.datacenter()
                            + "'; found '"
                            + e.getMessage()
                            + "' (the token "
                            + (acceptor.revokeToken(dialer)
                                    ? "is revoked)"
                                    : "was used, or lies unused in '"
                                            + acceptor.datacenter()
                                            + "': hansa peering list says which)"),
                    e);
        }
        note(dialer.datacenter() + ": established");
    }

    private void await(PeerSide one, PeerSide other, Duration patience)
            throws CommandFailedException, InterruptedException {
        try (var progress = new Progress(surroundings(), "waiting")) {
            await(one, other, patience, progress);
        }
    }

    private void await(PeerSide one, PeerSide other, Duration patience, Progress progress)
            throws CommandFailedException, InterruptedException {
        var start = System.nanoTime();
        var said = "";
        while (true) {
            var here = one.view(other);
            var there = other.view(one);
            if (here.filter(View::isActive).isPresent()
                    && there.filter(View::isActive).isPresent()) {
                return;
            }
            var found =
                    one.datacenter()
                            + ": "
                            + state(here)
                            + ", "
                            + other.datacenter()
                            + ": "
                            + state(there);
            var waited = Duration.ofNanos(System.nanoTime() - start);
            if (waited.compareTo(patience) > 0) {
                throw new CommandFailedException(
                        "peering: expected ACTIVE in both within "
                                + timeout
                                + "; found "
                                + found
                                + " ('hansa doctor"
                                + one.way()
                                + " says more)");
            }
            if (!found.equals(said)) {
                progress.close();
                note("waiting until both are ACTIVE; " + found);
                said = found;
            }
            progress.at(
                    waited.toMillis(),
                    patience.toMillis(),
                    waited.toSeconds() + " s of " + patience.toSeconds() + " s at most");
            Thread.sleep(LOOK_EVERY);
        }
    }

    private void print(PeerSide one, PeerSide other, boolean already)
            throws CommandFailedException, InterruptedException {
        var here = one.exportsTo(other);
        var there = other.exportsTo(one);
        var out = surroundings().out();
        switch (format) {
            case json -> {
                var json = Json.object().put("Already", already);
                var sides = json.putArray("Sides");
                var exports = sides.addObject().put("Datacenter", one.datacenter());
                here.forEach(exports.putArray("Exports")::add);
                exports = sides.addObject().put("Datacenter", other.datacenter());
                there.forEach(exports.putArray("Exports")::add);
                out.println(Json.pretty(json));
            }
            case table ->
                    out.print(
                            new Columns()
                                    .heading("Datacenter", "Exports To", "Services")
                                    .row(
                                            one.datacenter(),
                                            other.datacenter(),
                                            String.join(",", here))
                                    .row(
                                            other.datacenter(),
                                            one.datacenter(),
                                            String.join(",", there))
                                    .text());
            case pretty -> {
                out.println(
                        "'"
                                + one.datacenter()
                                + "' and '"
                                + other.datacenter()
                                + (already ? "' are already peered." : "' are peers."));
                print(one, other, here);
                print(other, one, there);
            }
        }
    }

    private void print(PeerSide from, PeerSide to, List<String> services) {
        surroundings()
                .out()
                .println(
                        from.datacenter()
                                + " exports to "
                                + to.datacenter()
                                + ": "
                                + (services.isEmpty()
                                        ? "nothing yet (hansa config write, with kind exported-services)"
                                        : String.join(", ", services)));
    }
}
