package dev.hansa.benchmarks.failover;

import java.util.List;

/// Where a process runs.
///
/// @param address which it listens at
/// @param inside words of a command that becomes the process
record Host(String name, String address, List<String> inside) {
    Host {
        inside = List.copyOf(inside);
    }
}
