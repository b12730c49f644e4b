/// What must survive: one interface, commands as values, every write a compare-and-set with a
/// monotonic index.
@NullMarked
package dev.hansa.peering.store;

import org.jspecify.annotations.NullMarked;
