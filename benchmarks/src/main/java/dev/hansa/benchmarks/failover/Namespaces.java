package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Each machine has a network namespace of its own. Those of one datacenter share a bridge; from
/// one bridge to another everything goes through a namespace that routes into a [DelayedLink].
final class Namespaces implements Ground {
    private static final String NAME = "hbf";
    private static final String WAN = NAME + "-wan";
    private static final String DEVICE = "delay";
    private static final String ROUTER = ".254";
    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration END = Duration.ofSeconds(5);

    private final String prefix;
    private final int delayMillis;
    private final boolean cuts;
    private final Map<String, Host> machines = new HashMap<>();
    private final Child link;

    private Namespaces(String prefix, int delayMillis, boolean cuts, Child link) {
        this.prefix = prefix;
        this.delayMillis = delayMillis;
        this.cuts = cuts;
        this.link = link;
    }

    /// @param prefix the first two parts of all addresses
    /// @throws IOException when this machine cannot do it, with the reason
    static Namespaces open(String prefix, int delayMillis, Programs programs)
            throws IOException, InterruptedException {
        remove();
        try {
            return made(prefix, delayMillis, programs);
        } catch (IOException | RuntimeException e) {
            remove();
            throw e;
        }
    }

    private static Namespaces made(String prefix, int delayMillis, Programs programs)
            throws IOException, InterruptedException {
        ip("netns add " + WAN);
        inside(WAN, "echo 1 > /proc/sys/net/ipv4/ip_forward");
        var link =
                programs.java(
                        "wan",
                        new Host("wan", "", List.of("ip", "netns", "exec", WAN)),
                        DelayedLink.class,
                        DEVICE,
                        Integer.toString(delayMillis));
        try {
            link.awaitWord("ready", START);
            ip("-n " + WAN + " link set " + DEVICE + " txqueuelen 10000 up");
            ip("-n " + WAN + " route add default dev " + DEVICE + " table 100");
            for (var number = 1; number <= DATACENTERS; number++) {
                datacenter(prefix, number);
            }
            // what comes out of the device has a sender that is reached another way
            inside(WAN, "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done");
            return new Namespaces(prefix, delayMillis, canCut(), link);
        } catch (IOException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    private static void datacenter(String prefix, int number)
            throws IOException, InterruptedException {
        var bridge = NAME + number;
        ip("link add " + bridge + " type bridge");
        for (var last = 250; last < 254; last++) {
            ip("addr add " + prefix + "." + number + "." + last + "/24 dev " + bridge);
        }
        ip("link set " + bridge + " up");
        var end = "dc" + number;
        ip("link add " + bridge + "wan type veth peer name " + end + " netns " + WAN);
        ip("link set " + bridge + "wan master " + bridge + " up");
        ip("-n " + WAN + " addr add " + prefix + "." + number + ROUTER + "/24 dev " + end);
        ip("-n " + WAN + " link set " + end + " up");
        ip("-n " + WAN + " rule add iif " + end + " lookup 100");
    }

    private static boolean canCut() throws InterruptedException {
        try {
            inside(WAN, "iptables -w -L -n");
            return true;
        } catch (IOException e) {
            System.err.println("failover: machines are frozen, not cut off: " + e.getMessage());
            return false;
        }
    }

    /// Also what an earlier run has left that was killed.
    private static void remove() throws IOException, InterruptedException {
        for (var line : Child.run("ip netns list").lines().toList()) {
            var name = line.split(" ", -1)[0];
            if (name.startsWith(NAME + "-")) {
                endAll(name);
                ip("netns del " + name);
            }
        }
        for (var line : Child.run("ip -o link show").lines().toList()) {
            // `12: hbf1n20@if2: <BROADCAST,…`
            var words = line.split("[ :@]+", -1);
            if (words.length > 1 && words[1].startsWith(NAME)) {
                try {
                    ip("link del " + words[1]);
                } catch (IOException _) {
                    // it has gone with its namespace, which the kernel removes later
                }
            }
        }
    }

    /// A namespace lives as long as its processes do.
    private static void endAll(String namespace) throws IOException, InterruptedException {
        for (var number : Child.run("ip netns pids " + namespace).lines().toList()) {
            var process = ProcessHandle.of(Long.parseLong(number.strip()));
            process.ifPresent(ProcessHandle::destroyForcibly);
            Patience.within(END, () -> process.isEmpty() || !process.get().isAlive());
        }
    }

    private static void ip(String line) throws IOException, InterruptedException {
        Child.run("ip " + line);
    }

    private static void inside(String namespace, String script)
            throws IOException, InterruptedException {
        Child.run(List.of("ip", "netns", "exec", namespace, "sh", "-c", script));
    }

    @Override
    public Host machine(int datacenter, int number) throws IOException, InterruptedException {
        var name = datacenter + "-" + number;
        var known = machines.get(name);
        if (known != null) {
            return known;
        }
        var namespace = NAME + "-" + name;
        var address = address(datacenter, number);
        ip("netns add " + namespace);
        var end = NAME + datacenter + "n" + number;
        ip("link add " + end + " type veth peer name eth0 netns " + namespace);
        ip("link set " + end + " master " + NAME + datacenter + " up");
        ip("-n " + namespace + " addr add " + address + "/24 dev eth0");
        ip("-n " + namespace + " link set eth0 up");
        ip("-n " + namespace + " link set lo up");
        ip("-n " + namespace + " route add default via " + prefix + "." + datacenter + ROUTER);
        // 500 connections a second from one machine to one port would use up its ports in a minute
        inside(namespace, "echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse");
        var made = new Host(name, address, List.of("ip", "netns", "exec", namespace));
        machines.put(name, made);
        return made;
    }

    @Override
    public String address(int datacenter, int number) {
        return prefix + "." + datacenter + "." + number;
    }

    @Override
    public List<InetAddress> sources() {
        return IntStream.range(250, 254)
                .mapToObj(last -> InetAddress.ofLiteral(prefix + ".1." + last))
                .toList();
    }

    @Override
    public String description() {
        return "network namespaces, one for each machine; "
                + delayMillis
                + " ms each way between datacenters, by a TUN device";
    }

    @Override
    public int delayMillis() {
        return delayMillis;
    }

    @Override
    public boolean cuts() {
        return cuts;
    }

    @Override
    public void cutOff(Host machine) throws IOException, InterruptedException {
        rules(machine, "-I");
    }

    @Override
    public void joinAgain(Host machine) throws IOException, InterruptedException {
        rules(machine, "-D");
    }

    /// What a machine says to itself goes on.
    private static void rules(Host machine, String verb) throws IOException, InterruptedException {
        inside(
                NAME + "-" + machine.name(),
                "iptables -w "
                        + verb
                        + " INPUT ! -i lo -j DROP && iptables -w "
                        + verb
                        + " OUTPUT ! -o lo -j DROP");
    }

    @Override
    public void close() {
        link.close();
        try {
            remove();
        } catch (IOException e) {
            System.err.println("failover: namespaces left behind: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
