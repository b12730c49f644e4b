/// The gateway's relay beside other proxies that route by SNI: the same load, in turns, by what
/// each costs.
@NullMarked
package dev.hansa.benchmarks.gateway;

import org.jspecify.annotations.NullMarked;
