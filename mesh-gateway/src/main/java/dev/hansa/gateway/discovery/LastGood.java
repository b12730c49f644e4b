package dev.hansa.gateway.discovery;

import dev.hansa.bootstrap.Latest;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/// The newest snapshot that could be routed by, here and on disk: one that cannot replaces nothing.
final class LastGood {
    private final Identity identity;
    private final ControlChannel control;
    private final Optional<SnapshotFile> file;
    private final Consumer<GatewayEvent> events;
    private final Latest<Optional<RouteSnapshot>> snapshot;

    /// Begins with what an earlier life has left on disk.
    ///
    /// @param control is told whom to believe, and learns it from each snapshot
    /// @param file empty: nothing is kept
    LastGood(
            Identity identity,
            ControlChannel control,
            Optional<SnapshotFile> file,
            Consumer<GatewayEvent> events) {
        this.identity = identity;
        this.control = control;
        this.file = file;
        this.events = events;
        this.snapshot = new Latest<>(remembered());
    }

    /// Empty until there is one.
    Latest<Optional<RouteSnapshot>> snapshot() {
        return snapshot;
    }

    /// Of the newest; 0 until there is one.
    long version() {
        return snapshot.get().map(RouteSnapshot::version).orElse(0L);
    }

    private Optional<RouteSnapshot> remembered() {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            var found = file.get().load();
            if (found.isPresent() && !found.get().trustDomain().equals(ownDomain())) {
                refused("on disk: " + foreign(found.get().trustDomain()));
                return Optional.empty();
            }
            found.flatMap(this::ownBundle).ifPresent(control::alsoTrusts);
            return found;
        } catch (IOException e) {
            refused(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private String foreign(TrustDomain found) {
        return "required trust domain '" + ownDomain() + "'; found '" + found + "'";
    }

    private void refused(String why) {
        events.accept(new GatewayEvent.SnapshotRefused(identity.id().uri(), why));
    }

    private Optional<TrustBundle> ownBundle(RouteSnapshot from) {
        return from.bundles().of(ownDomain()).filter(bundle -> !bundle.roots().isEmpty());
    }

    private TrustDomain ownDomain() {
        return identity.id().trustDomain();
    }

    /// Takes a snapshot, or says why not; the last good one stays then, also when what comes is not
    /// newer: nobody must believe that this proxy routes by it.
    ///
    /// @return empty when it was taken
    String take(Snapshot message) {
        try {
            var next = RouteCodec.decode(message);
            if (!next.trustDomain().equals(ownDomain())) {
                throw new IllegalArgumentException(foreign(next.trustDomain()));
            }
            // what a gateway would make of it must be possible before anything is replaced
            var table = RouteTable.of(next);
            var present = version();
            if (table.version() <= present) {
                events.accept(
                        new GatewayEvent.SnapshotIgnored(
                                identity.id().uri(), next.version(), present));
                return "route snapshot "
                        + next.version()
                        + " ignored: "
                        + present
                        + " already applied";
            }
            snapshot.set(Optional.of(next));
            ownBundle(next).ifPresent(control::trusts);
            identity.issuerIs(next.activeIssuer());
            events.accept(new GatewayEvent.SnapshotTaken(identity.id().uri(), next.version()));
            if (file.isPresent()) {
                file.get().save(message);
            }
            return "";
        } catch (IllegalArgumentException e) {
            refused(String.valueOf(e.getMessage()));
            return String.valueOf(e.getMessage());
        } catch (IOException e) {
            // it routes by it all the same; only a restart while the server is away would miss it
            events.accept(new GatewayEvent.BackgroundFailure("saving the snapshot", e));
            return "";
        }
    }
}
