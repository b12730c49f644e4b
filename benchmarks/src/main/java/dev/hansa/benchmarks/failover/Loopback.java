package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.IntStream;

/// Where namespaces cannot be made: each datacenter has a loopback subnet of its own. There is no
/// delay between them, as a relay of connections would falsify what is measured, and a machine
/// cannot be cut off, only frozen.
///
/// @param why namespaces cannot be made
record Loopback(String prefix, String why) implements Ground {
    @Override
    public Host machine(int datacenter, int number) {
        return new Host(datacenter + "-" + number, address(datacenter, number), List.of());
    }

    @Override
    public String address(int datacenter, int number) {
        return prefix + "." + datacenter + "." + number;
    }

    @Override
    public List<InetAddress> sources() {
        return IntStream.range(250, 254)
                .mapToObj(last -> InetAddress.ofLiteral(prefix + ".0." + last))
                .toList();
    }

    @Override
    public String description() {
        return "loopback subnets, without a delay between the datacenters (no namespaces: "
                + why
                + ")";
    }

    @Override
    public int delayMillis() {
        return 0;
    }

    @Override
    public boolean cuts() {
        return false;
    }

    @Override
    public void cutOff(Host machine) throws IOException {
        throw new IOException(
                machine + ": expected a machine with a network of its own; found none");
    }

    @Override
    public void joinAgain(Host machine) throws IOException {
        cutOff(machine);
    }

    @Override
    public void close() {
        // loopback addresses need no undoing
    }
}
