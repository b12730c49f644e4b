package dev.hansa.peering.checks;

import dev.hansa.exportedservices.CheckDefinition.Way;

/// Asks a target how it is. Blocks; a target that does not answer is a verdict, not an exception.
@FunctionalInterface
public interface Probe extends AutoCloseable {
    Verdict ask(Way way) throws InterruptedException;

    @Override
    default void close() {}
}
