package dev.hansa.peering;

import dev.hansa.failover.Control;
import dev.hansa.peering.failover.DrillReport;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.token.TokenRejection;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;

/// Everything that happens in a peering service and that somebody may want to know. Told to one
/// consumer, which decides alone what becomes a log line, a metric or an audit record. No event
/// carries a secret.
public sealed interface PeeringEvent {
    record ServerStarted(
            String datacenter,
            String trustDomain,
            String httpAddress,
            String peerAddress,
            String proxyAddress)
            implements PeeringEvent {}

    record ServerStopping(String reason) implements PeeringEvent {}

    record ConfigWritten(String kind, String name, long index) implements PeeringEvent {}

    record ConfigDeleted(String kind, String name, long index) implements PeeringEvent {}

    record TokenGenerated(PeerName peer, String tokenId, Duration life) implements PeeringEvent {}

    /// No token was made.
    record TokenNotGenerated(PeerName peer, PeeringFailure failure) implements PeeringEvent {}

    record TokenRevoked(PeerName peer, String tokenId) implements PeeringEvent {}

    /// A token that was shown here was not taken.
    record TokenRejected(PeerName peer, TokenRejection.Reason reason) implements PeeringEvent {}

    record SecretExchanged(PeerName peer) implements PeeringEvent {}

    record SecretRefused(String peeringId, String reason) implements PeeringEvent {}

    record Established(PeerName peer, String serverName) implements PeeringEvent {}

    record EstablishFailed(PeerName peer, PeeringFailure failure) implements PeeringEvent {}

    record PeeringDeleted(PeerName peer) implements PeeringEvent {}

    record StreamOpened(PeerName peer, boolean dialed) implements PeeringEvent {}

    record StreamRefused(String peeringId, String reason) implements PeeringEvent {}

    /// A connection to a port that is one too many.
    ///
    /// @param listener `peer`, `proxy`, `http` or `dns`
    record ConnectionRefused(String listener, String reason) implements PeeringEvent {}

    record StreamEnded(PeerName peer, String reason) implements PeeringEvent {}

    /// A server of the peer said that another one leads.
    ///
    /// @param followed whether that one was known as the peer's, and so is dialled next
    record LeaderNamed(PeerName peer, boolean followed) implements PeeringEvent {}

    record PeerTerminated(PeerName peer) implements PeeringEvent {}

    /// The peer did not take what we sent.
    record PeerNacked(PeerName peer, String resource, String reason) implements PeeringEvent {}

    /// A resource of ours is not sent because the peer would not take a message so long. Told once,
    /// until it fits again.
    record ResourceTooLarge(PeerName peer, String resource, int most, long found)
            implements PeeringEvent {}

    /// We did not take what the peer sent.
    record ResourceRefused(PeerName peer, String resource, RefusalReason why, String reason)
            implements PeeringEvent {}

    /// A resource of ours went out to the peer.
    record ResourceSent(PeerName peer) implements PeeringEvent {}

    /// The peer has acknowledged all that there was to say when its stream began.
    ///
    /// @param after since the stream was opened
    record StreamSynced(PeerName peer, Duration after, int resources) implements PeeringEvent {}

    record ServiceImported(PeerName peer, String service, int before, int instances)
            implements PeeringEvent {}

    record ServiceWithdrawn(PeerName peer, String service) implements PeeringEvent {}

    record TrustUpdated(PeerName peer, String trustDomain, int roots) implements PeeringEvent {}

    /// @param node where it runs
    record ProxyConnected(String node, String proxyId, String identity) implements PeeringEvent {}

    record ProxyDisconnected(String node, String proxyId, String identity, String reason)
            implements PeeringEvent {}

    record ProxyRefused(String identity, String reason) implements PeeringEvent {}

    record CertificateIssued(String identity, Duration life) implements PeeringEvent {}

    /// A rotation of the certificate authority has come to this step.
    ///
    /// @param step a word of ours
    /// @param detail for people
    record CaRotated(String step, String detail) implements PeeringEvent {}

    /// @param node where the instance is
    record HealthChanged(String node, String service, String instance, String status, String output)
            implements PeeringEvent {}

    /// A service was deregistered without being asked for.
    record ServiceDropped(String node, String service, String instance, String reason)
            implements PeeringEvent {}

    /// This server leads from now on.
    record LeadershipTaken(String member, long term) implements PeeringEvent {}

    /// This server does not lead any more, or another role of it is over.
    record LeadershipLost(String member) implements PeeringEvent {}

    /// This server led, and had another lead in its place.
    ///
    /// @param reason why it takes no writes
    record LeadHandedOver(String to, String reason) implements PeeringEvent {}

    /// The leader that this server listened to has gone, or is not there yet.
    record LeaderLost(String reason) implements PeeringEvent {}

    /// This server is not added to the datacenter's others yet, and asks again.
    record JoinWaits(String server, String reason) implements PeeringEvent {}

    /// A server was added to the log, or removed.
    record MemberChanged(String member, String what) implements PeeringEvent {}

    /// The store takes no writes from now on; reads go on.
    record StoreReadOnly(String reason) implements PeeringEvent {}

    /// No service has a virtual address yet; told once for as long as that is so.
    record VirtualAddressesWait(String reason) implements PeeringEvent {}

    /// The store takes writes again.
    record StoreWritable() implements PeeringEvent {}

    /// The files that can still be opened are kept for others than newcomers from now on.
    record FilesShort(String reason) implements PeeringEvent {}

    /// There are files enough again.
    record FilesLeft() implements PeeringEvent {}

    /// The store did not take a write.
    record WriteRefused(String reason) implements PeeringEvent {}

    /// The state was handed out as a file.
    record SnapshotSaved(long index, long bytes) implements PeeringEvent {}

    /// @param from the snapshot's index
    /// @param index the state's since
    record SnapshotRestored(long from, long index) implements PeeringEvent {}

    record SnapshotRefused(String reason) implements PeeringEvent {}

    /// Another target takes a service's calls, or none does any more.
    record FailoverChanged(FailoverEvent failover) implements PeeringEvent {}

    /// Where a service's calls go, without anybody knowing since when: it is new here, or this
    /// server has only begun to lead, or it is not watched any more.
    ///
    /// @param away to another target than the first
    record FailoverSeen(String service, boolean away) implements PeeringEvent {}

    /// An operator steers failover.
    record ControlOrdered(Control control) implements PeeringEvent {}

    /// @param what was asked for
    record ControlRefused(String what, String by, String reason) implements PeeringEvent {}

    /// @param how for people
    record ControlEnded(Control control, String how) implements PeeringEvent {}

    /// How many controls there are.
    record ControlsHeld(int count) implements PeeringEvent {}

    record DrillEnded(DrillReport report) implements PeeringEvent {}

    /// Queries by DNS are answered from now on.
    record DnsListening(String address, String domain) implements PeeringEvent {}

    /// Nobody is answered by DNS; it is tried again. Told once for each reason.
    record DnsNotListening(String reason) implements PeeringEvent {}

    /// A packet of DNS was dealt with. Each a word of ours.
    ///
    /// @param type `A`, `AAAA`, `SRV`, `ANY`, `SOA`, `NS`, `other`, or `none` when no question
    ///   could be read
    /// @param transport `udp` or `tcp`
    /// @param outcome as [dev.hansa.peering.dns.Outcome] has them
    record DnsAnswered(String type, String transport, String outcome) implements PeeringEvent {}

    /// A caller of the API may not do what it asked for, or shows a token that is none.
    record RequestDenied(String reason) implements PeeringEvent {}

    /// A request of a web page of another site, or for a name that is not this server's.
    ///
    /// @param isTold whether it is to be in the log; most are only counted, since a page may send a
    ///   thousand in a second
    /// @param leftOut how many were not told since the last one that was
    record CrossOriginRefused(String sentence, boolean isTold, long leftOut)
            implements PeeringEvent {}

    /// An address asks the API for more a second than it may.
    record RequestOverRate() implements PeeringEvent {}

    /// A request of the API finds no room for its body.
    record BodyRefused() implements PeeringEvent {}

    /// Who may do what over the API is another than before.
    ///
    /// @param what for people, without secrets
    record AccessChanged(String what) implements PeeringEvent {}

    /// Somebody has logged in, or has not.
    ///
    /// @param method an auth method that there is
    /// @param outcome a word: `accepted`, or why not
    /// @param source an address, or `another server` that has passed it on
    record LoginTried(String method, String outcome, String source) implements PeeringEvent {}

    /// The keys that logins are checked with cannot be had from where they are published.
    record LoginKeysUnavailable(String reason) implements PeeringEvent {}

    record BackgroundFailure(String what, Throwable cause) implements PeeringEvent {}
}
