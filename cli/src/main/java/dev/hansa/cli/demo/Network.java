package dev.hansa.cli.demo;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// What the two datacenters stand on.
sealed interface Network extends AutoCloseable {
    Site eks();

    Site lke();

    @Override
    void close();

    /// Each datacenter has a subnet of the loopback network of its own, so that nothing works by
    /// sharing an address by accident.
    record Loopback(Site eks, Site lke) implements Network {
        static Loopback open(String eksPrefix, String lkePrefix) throws StepFailed {
            var eks =
                    new Site("eks", eksPrefix, eksPrefix + "." + Site.GATEWAY + ":8443", List.of());
            var lke =
                    new Site("lke", lkePrefix, lkePrefix + "." + Site.GATEWAY + ":8443", List.of());
            for (var site : List.of(eks, lke)) {
                requireAddresses(site);
                requirePorts(site);
            }
            return new Loopback(eks, lke);
        }

        private static void requireAddresses(Site site) throws StepFailed {
            try (var probe = new ServerSocket()) {
                probe.bind(address(site.host(Site.SERVER), 0));
            } catch (IOException e) {
                var aliases =
                        String.join(
                                "; ",
                                Site.HOSTS.stream()
                                        .map(host ->
                                                "sudo ifconfig lo0 alias "
                                                        + site.host(host)
                                                        + " up")
                                        .toList());
                throw new StepFailed(
                        site.host(Site.SERVER)
                                + ": expected an address that can be bound; found '"
                                + e.getMessage()
                                + "' (on macOS: "
                                + aliases
                                + ")",
                        e);
            }
        }

        private static void requirePorts(Site site) throws StepFailed {
            var wanted =
                    List.of(
                            address(site.host(Site.SERVER), 8500),
                            address(site.host(Site.SERVER), 8502),
                            address(site.host(Site.SERVER), 8503),
                            address(site.host(Site.SERVER), 19500),
                            address(site.host(Site.GATEWAY), 8443),
                            address(site.host(Site.GATEWAY), 19443),
                            address(site.host(Site.SIDECARS), 19000),
                            address(site.host(Site.SHIPPING_SIDECAR), 19000),
                            address(site.host(Site.FRONTEND), 8080),
                            address(site.host(Site.REDIS), 6379));
            for (var address : wanted) {
                try (var probe = new ServerSocket()) {
                    probe.setReuseAddress(true);
                    probe.bind(address);
                } catch (BindException e) {
                    throw new StepFailed(
                            address.getHostString()
                                    + ":"
                                    + address.getPort()
                                    + ": expected a free port; found '"
                                    + e.getMessage()
                                    + "' (is another demo running? choose other addresses by --"
                                    + site.name()
                                    + "-network)",
                            e);
                } catch (IOException e) {
                    throw new StepFailed(
                            address.getHostString()
                                    + ":"
                                    + address.getPort()
                                    + ": expected a free port; found '"
                                    + e.getMessage()
                                    + "'",
                            e);
                }
            }
        }

        private static InetSocketAddress address(String host, int port) throws StepFailed {
            return new InetSocketAddress(literal(host), port);
        }

        private static InetAddress literal(String host) throws StepFailed {
            try {
                var numbers = host.split("\\.");
                var bytes = new byte[numbers.length];
                for (var i = 0; i < numbers.length; i++) {
                    bytes[i] = (byte) Integer.parseInt(numbers[i]);
                }
                return InetAddress.getByAddress(bytes);
            } catch (IOException e) {
                throw new StepFailed("network: expected an IPv4 address; found '" + host + "'", e);
            }
        }

        @Override
        public void close() {
            // loopback addresses need no undoing
        }
    }

    /// Each datacenter has a network namespace. Between the two there is one link, on which only
    /// the gateways listen; a second link from each to the host lets the demo reach their HTTP
    /// ports. Neither namespace has a route to the other's addresses or a default route.
    record Namespaces(Site eks, Site lke) implements Network {
        private static final String EKS = "hansa-eks";
        private static final String LKE = "hansa-lke";

        static Namespaces open(String eksPrefix, String lkePrefix)
                throws StepFailed, InterruptedException {
            remove();
            var made =
                    new Namespaces(
                            new Site(
                                    "eks",
                                    eksPrefix,
                                    "192.0.2.1:8443",
                                    List.of("ip", "netns", "exec", EKS)),
                            new Site(
                                    "lke",
                                    lkePrefix,
                                    "192.0.2.2:8443",
                                    List.of("ip", "netns", "exec", LKE)));
            try {
                ip("netns add " + EKS);
                ip("netns add " + LKE);
                ip(
                        "link add hansa-wan1 netns "
                                + EKS
                                + " type veth peer name hansa-wan2 netns "
                                + LKE);
                join(made.eks(), EKS, "hansa-wan1", "192.0.2.1/30", 1);
                join(made.lke(), LKE, "hansa-wan2", "192.0.2.2/30", 2);
                return made;
            } catch (StepFailed e) {
                remove();
                throw e;
            }
        }

        private static void join(
                Site site, String namespace, String wan, String wanAddress, int number)
                throws StepFailed, InterruptedException {
            ip("-n " + namespace + " link set lo up");
            for (var host : Site.HOSTS) {
                ip("-n " + namespace + " addr add " + site.host(host) + "/32 dev lo");
            }
            ip("-n " + namespace + " addr add " + wanAddress + " dev " + wan);
            ip("-n " + namespace + " link set " + wan + " up");
            var management = "hansa-mgmt" + number;
            // 198.18.0.0/15 is for tests of network devices; nobody routes it
            ip("link add " + management + " type veth peer name mgmt netns " + namespace);
            ip("addr add 198.18." + number + ".1/30 dev " + management);
            ip("link set " + management + " up");
            ip("-n " + namespace + " addr add 198.18." + number + ".2/30 dev mgmt");
            ip("-n " + namespace + " link set mgmt up");
            ip(
                    "route replace "
                            + site.prefix()
                            + ".0/24 via 198.18."
                            + number
                            + ".2 dev "
                            + management);
        }

        private static void remove() throws InterruptedException, StepFailed {
            for (var command :
                    List.of(
                            "link del hansa-mgmt1",
                            "link del hansa-mgmt2",
                            "netns del " + EKS,
                            "netns del " + LKE)) {
                // nothing to remove is the usual case
                run(command);
            }
        }

        private static void ip(String arguments) throws StepFailed, InterruptedException {
            var said = run(arguments);
            if (!said.isEmpty()) {
                throw new StepFailed(
                        "ip "
                                + arguments
                                + ": expected to succeed (--in-namespaces needs Linux and root); found '"
                                + said
                                + "'");
            }
        }

        /// What the command complained of; empty when it succeeded.
        private static String run(String arguments) throws StepFailed, InterruptedException {
            var command = new ArrayList<>(List.of("ip"));
            command.addAll(List.of(arguments.split(" ")));
            try {
                var process = new ProcessBuilder(command).redirectErrorStream(true).start();
                try (var said = process.inputReader()) {
                    var text = String.join(" ", said.lines().toList());
                    if (!process.waitFor(10, TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                        return "no end after 10 s";
                    }
                    return process.exitValue() == 0
                            ? ""
                            : text.isEmpty() ? "exit " + process.exitValue() : text;
                }
            } catch (IOException e) {
                throw new StepFailed(
                        "ip: expected the command of iproute2; found '" + e.getMessage() + "'", e);
            }
        }

        @Override
        public void close() {
            try {
                remove();
            } catch (StepFailed e) {
                System.err.println("namespaces left behind: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
