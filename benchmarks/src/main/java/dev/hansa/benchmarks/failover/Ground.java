package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// What the datacenters' machines stand on.
sealed interface Ground extends AutoCloseable permits Namespaces, Loopback {
    /// Datacenters, numbered from 1.
    int DATACENTERS = 3;

    /// A machine of its own, or one that was made before.
    ///
    /// @param number the last part of its address, 1 to 249
    Host machine(int datacenter, int number) throws IOException, InterruptedException;

    /// Of a machine, made or not.
    String address(int datacenter, int number);

    /// Addresses from which this process may call.
    List<InetAddress> sources();

    /// For people.
    String description();

    /// Milliseconds that a packet takes from one datacenter to another on top of what it takes
    /// anyway.
    int delayMillis();

    /// Whether a machine can be cut off without a word.
    boolean cuts();

    /// From now on no packet comes to the machine, and none leaves it.
    void cutOff(Host machine) throws IOException, InterruptedException;

    void joinAgain(Host machine) throws IOException, InterruptedException;

    @Override
    void close();
}
