package dev.hansa.peering.store;

/// What a member answers to the others. Only servers of the own datacenter and trust domain get so
/// far; what they say is believed.
public interface MemberService {
    /// Answers one question; on a virtual thread of its own.
    ///
    /// @throws InterruptedException when the asker has gone or the server stops
    byte[] answer(byte[] question) throws InterruptedException;

    /// Tells a member what happens until it goes; on a virtual thread of its own.
    ///
    /// @throws InterruptedException when the listener has gone or the server stops
    void tell(byte[] hello, Listener listener) throws InterruptedException;

    /// A member that listens.
    interface Listener {
        /// Hands over a message of at most [MemberCalls#MAX_BYTES]; waits while the listener is
        /// slow.
        ///
        /// @throws InterruptedException when it has gone
        void accept(byte[] message) throws InterruptedException;
    }

    /// Nobody is answered yet.
    MemberService NONE =
            new MemberService() {
                @Override
                public byte[] answer(byte[] question) {
                    throw new IllegalStateException("not started yet");
                }

                @Override
                public void tell(byte[] hello, Listener listener) {}
            };
}
