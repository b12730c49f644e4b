package dev.hansa.peering.stream;

import dev.hansa.peering.wire.ReplicationMessage;

/// The wire under a conversation, whichever end dialled. No call blocks; what arrives goes into the
/// conversation's [Mailbox].
interface PeerChannel {
    /// Has the peer said in its headers that it is hansa; false for Consul.
    boolean isHansa();

    /// Bytes of the largest message that the peer takes, by what it has said or, without that, by
    /// what Consul takes.
    int largest();

    /// May more be written without piling up in memory.
    boolean isWritable();

    void write(ReplicationMessage message);

    /// Lets one more message come in.
    void fetch();

    /// Says that nothing more follows, in good order.
    void end();

    /// Ends both directions at once, telling the peer why where the wire can say it.
    void fail(StreamError error);
}
