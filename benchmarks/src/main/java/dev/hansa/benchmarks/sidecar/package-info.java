/// The sidecar's two ends of TLS beside other proxies that end and open it: the same load, in
/// turns, by what each costs.
@NullMarked
package dev.hansa.benchmarks.sidecar;

import org.jspecify.annotations.NullMarked;
