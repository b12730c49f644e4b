/// How failover looks from outside: callers under load, and something that dies.
///
/// A reader begins with [dev.hansa.benchmarks.failover.HansaCases], where each case stands from top
/// to bottom, and goes on to [dev.hansa.benchmarks.failover.Episode], which carries one out.
@NullMarked
package dev.hansa.benchmarks.failover;

import org.jspecify.annotations.NullMarked;
