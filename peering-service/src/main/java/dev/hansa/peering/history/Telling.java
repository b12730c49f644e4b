package dev.hansa.peering.history;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.configentry.EntryAccess;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.peering.history.Happening.Kind;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import java.util.List;
import java.util.Optional;

/// What is said of an event, and to whom. An event that is new is decided on here, or the build
/// fails.
record Telling(Kind kind, String about, String sentence, List<Need> needs) {
    /// As gateways stand in the catalog.
    private static final String GATEWAY = "mesh-gateway";

    /// Of what others have said, in characters: a line or two.
    private static final int REASON = 200;

    /// @param needs all of which have to hold
    Telling {
        needs = List.copyOf(needs);
        sentence =
                sentence.length() > History.LONGEST
                        ? sentence.substring(0, History.LONGEST - 1) + "…"
                        : sentence;
    }

    private Telling(Kind kind, String about, String sentence, Need need) {
        this(kind, about, sentence, List.of(need));
    }

    /// Empty for what is counted and not told: what comes with each request, packet or resource.
    static Optional<Telling> of(PeeringEvent event) {
        return switch (event) {
            case PeeringEvent.HealthChanged(var node, var service, var instance, var status, _) ->
                    health(node, service, "instance '" + instance + "' is " + status);
            case PeeringEvent.ServiceDropped(var node, var service, var instance, var reason) ->
                    health(
                            node,
                            service,
                            "instance '" + instance + "' was dropped: " + shown(reason));
            case PeeringEvent.ProxyConnected(var node, var proxy, var identity) ->
                    sidecar(node, identity, "'" + shown(proxy) + "' came");
            case PeeringEvent.ProxyDisconnected(var node, var proxy, var identity, var reason) ->
                    sidecar(node, identity, "'" + shown(proxy) + "' went: " + shown(reason));
            case PeeringEvent.FailoverChanged(var failover) -> Optional.of(failedOver(failover));
            case PeeringEvent.ConfigWritten(var kind, var name, var index) ->
                    entry(kind, name, "written at index " + index);
            case PeeringEvent.ConfigDeleted(var kind, var name, var index) ->
                    entry(kind, name, "deleted at index " + index);
            case PeeringEvent.ControlOrdered(var control) ->
                    steering("failover: " + control.what());
            case PeeringEvent.ControlEnded(var control, var how) ->
                    steering("failover: " + control.what() + " has ended: " + shown(how));
            case PeeringEvent.TokenGenerated(var peer, _, _) -> peering(peer, "a token was made");
            case PeeringEvent.TokenNotGenerated(var peer, var failure) ->
                    peering(peer, "no token was made: " + shown(failure.message()));
            case PeeringEvent.TokenRevoked(var peer, _) -> peering(peer, "its token was revoked");
            case PeeringEvent.TokenRejected(var peer, _) ->
                    peering(peer, "a token that was shown here was not taken");
            case PeeringEvent.SecretExchanged(var peer) -> peering(peer, "it has used its token");
            case PeeringEvent.Established(var peer, _) -> peering(peer, "established");
            case PeeringEvent.EstablishFailed(var peer, var failure) ->
                    peering(peer, "not established: " + shown(failure.message()));
            case PeeringEvent.PeeringDeleted(var peer) -> peering(peer, "deleted here");
            case PeeringEvent.PeerTerminated(var peer) -> peering(peer, "ended by the peer");
            case PeeringEvent.StreamOpened(var peer, var dialed) ->
                    peering(peer, "stream opened by " + (dialed ? "us" : "the peer"));
            case PeeringEvent.StreamEnded(var peer, var reason) ->
                    peering(peer, "stream ended: " + shown(reason));
            case PeeringEvent.StreamSynced(var peer, _, var resources) ->
                    peering(peer, "the peer has taken all of our " + resources + " resources");
            case PeeringEvent.PeerNacked(var peer, var resource, var reason) ->
                    peering(peer, "did not take '" + shown(resource) + "': " + shown(reason));
            case PeeringEvent.ResourceRefused(var peer, var resource, _, var reason) ->
                    peering(peer, "not taken, '" + shown(resource) + "': " + shown(reason));
            case PeeringEvent.ResourceTooLarge(var peer, var resource, _, _) ->
                    peering(peer, "too large for the peer: '" + shown(resource) + "'");
            case PeeringEvent.TrustUpdated(var peer, _, var roots) ->
                    peering(
                            peer,
                            "its trust bundle has " + roots + (roots == 1 ? " root" : " roots"));
            case PeeringEvent.LeaderNamed(var peer, _) ->
                    peering(peer, "another of its servers leads");
            case PeeringEvent.CaRotated(var step, var detail) ->
                    server("certificate authority", step + ": " + shown(detail));
            case PeeringEvent.LeadershipTaken(var member, var term) ->
                    server(member, "leads from now on, in term " + term);
            case PeeringEvent.LeadershipLost(var member) -> server(member, "leads no more");
            case PeeringEvent.LeadHandedOver(var to, var reason) ->
                    server(to, "is handed the lead: " + shown(reason));
            case PeeringEvent.LeaderLost(var reason) ->
                    server("servers", "the leader is lost: " + shown(reason));
            case PeeringEvent.JoinWaits(var member, var reason) ->
                    server(member, "not added yet: " + shown(reason));
            case PeeringEvent.MemberChanged(var member, var what) -> server(member, what);
            case PeeringEvent.StoreReadOnly(var reason) ->
                    server("store", "takes no writes: " + shown(reason));
            case PeeringEvent.VirtualAddressesWait(var reason) ->
                    server("virtual addresses", "none is given yet: " + shown(reason));
            case PeeringEvent.StoreWritable _ -> server("store", "takes writes again");
            case PeeringEvent.FilesShort(var reason) ->
                    server("files", "kept for others than newcomers: " + shown(reason));
            case PeeringEvent.FilesLeft _ -> server("files", "enough again");
            case PeeringEvent.SnapshotSaved(var index, _) ->
                    server("store", "a snapshot of index " + index + " was handed out");
            case PeeringEvent.SnapshotRestored(var from, _) ->
                    server("store", "a snapshot of index " + from + " was put in its place");
            case PeeringEvent.SnapshotRefused(var reason) ->
                    server("store", "a snapshot was refused: " + shown(reason));
            case PeeringEvent.ServerStarted _ -> server("servers", "this server has started");
            case PeeringEvent.DnsNotListening(var reason) ->
                    server("dns", "not listening: " + shown(reason));
            case PeeringEvent.BackgroundFailure(var what, _) ->
                    server("servers", shown(what) + " has failed; the log says why");
            case PeeringEvent.LoginKeysUnavailable(var reason) ->
                    server("logins", "no keys: " + shown(reason));
            case PeeringEvent.ServerStopping _,
                    PeeringEvent.SecretRefused _,
                    PeeringEvent.StreamRefused _,
                    PeeringEvent.ConnectionRefused _,
                    PeeringEvent.ResourceSent _,
                    PeeringEvent.ServiceImported _,
                    PeeringEvent.ServiceWithdrawn _,
                    PeeringEvent.ProxyRefused _,
                    PeeringEvent.CertificateIssued _,
                    PeeringEvent.WriteRefused _,
                    PeeringEvent.FailoverSeen _,
                    PeeringEvent.ControlRefused _,
                    PeeringEvent.ControlsHeld _,
                    PeeringEvent.DrillEnded _,
                    PeeringEvent.DnsListening _,
                    PeeringEvent.DnsAnswered _,
                    PeeringEvent.RequestDenied _,
                    PeeringEvent.CrossOriginRefused _,
                    PeeringEvent.RequestOverRate _,
                    PeeringEvent.BodyRefused _,
                    PeeringEvent.AccessChanged _,
                    PeeringEvent.LoginTried _ ->
                    Optional.empty();
        };
    }

    private static String shown(String text) {
        return ForeignText.shown(text, REASON);
    }

    private static Optional<Telling> health(String node, String service, String sentence) {
        return Optional.of(new Telling(Kind.HEALTH, service, sentence, instance(node, service)));
    }

    /// As the catalog asks for an instance, whose id may hold the node's name.
    private static List<Need> instance(String node, String service) {
        return List.of(Need.read(Resource.SERVICE, service), Need.read(Resource.NODE, node));
    }

    /// Of one whose identity says neither, nothing is told.
    private static Optional<Telling> sidecar(String node, String identity, String sentence) {
        var id = SpiffeId.parse(identity);
        var service =
                id.isMeshGateway()
                        ? Optional.of(GATEWAY)
                        : id.asService().map(SpiffeId.Service::name);
        return service.map(name -> new Telling(Kind.SIDECAR, name, sentence, instance(node, name)));
    }

    private static Telling failedOver(FailoverEvent event) {
        var to = event.to().orElse("nobody");
        var sentence =
                switch (event.turn()) {
                    case OVER -> "over to " + to;
                    case BACK -> "back to " + to;
                    case LOST -> "no target is left";
                };
        var service = event.service().value();
        return new Telling(
                Kind.FAILOVER,
                service,
                sentence + ": " + shown(event.cause()),
                Need.read(Resource.SERVICE, service));
    }

    private static Optional<Telling> entry(String kind, String name, String sentence) {
        return Optional.of(
                new Telling(
                        Kind.CONFIG, kind + "/" + name, sentence, EntryAccess.read(kind, name)));
    }

    /// What is steered names services and peers, which are not told apart here.
    private static Optional<Telling> steering(String sentence) {
        return Optional.of(
                new Telling(Kind.CONFIG, "controls", sentence, Need.read(Resource.OPERATOR)));
    }

    private static Optional<Telling> peering(PeerName peer, String sentence) {
        return Optional.of(
                new Telling(Kind.PEERING, peer.value(), sentence, Need.read(Resource.PEERING)));
    }

    private static Optional<Telling> server(String about, String sentence) {
        return Optional.of(new Telling(Kind.SERVER, about, sentence, Need.read(Resource.OPERATOR)));
    }
}
