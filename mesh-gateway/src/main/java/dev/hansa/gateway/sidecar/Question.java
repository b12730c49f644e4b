package dev.hansa.gateway.sidecar;

/// One way of asking an application how it is; asked again and again by one thread, over the same
/// connection where that says something.
interface Question extends AutoCloseable {
    /// @throws InterruptedException when the check is told to stop
    Answer ask() throws InterruptedException;

    /// Lets go of its connections.
    @Override
    void close();
}
