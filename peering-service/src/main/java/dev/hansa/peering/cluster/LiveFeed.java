package dev.hansa.peering.cluster;

import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.MemberService;
import dev.hansa.peering.store.RecordJson;
import dev.hansa.trustbundle.PeerName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Tells one follower what is live, from the leader's catalog: all of it, then what changes. A
/// follower has it for readers who do not mind, and for the moment when it leads itself.
public final class LiveFeed {
    /// Churn is gathered for so long: it bounds the work for a catalog that never rests, and what a
    /// new leader may not have heard of.
    private static final Duration GATHER = Duration.ofMillis(50);

    /// Only to notice a defect: every change is told.
    private static final Duration IDLE = Duration.ofHours(1);

    /// How late a change is told of by a leader that does not know all yet.
    private static final Duration UNTIL_WHOLE = Duration.ofMillis(200);

    /// Of names, so that a piece is some 100 KiB and a slow follower holds up little.
    private static final int PIECE = 100;

    private final LiveCatalog live;
    private Map<String, List<ServiceInstance>> owners = Map.of();
    private Map<PeerName, ImportedCatalog> imported = Map.of();
    private boolean begun;

    public LiveFeed(LiveCatalog live) {
        this.live = live;
    }

    /// Runs until the listener goes.
    ///
    /// @throws InterruptedException when it has gone
    public void tell(MemberService.Listener listener) throws InterruptedException {
        while (true) {
            // first: what makes it whole is in what is told by then
            var isWhole = live.knowledge().get() == Knowledge.WHOLE;
            var snapshot = live.snapshots().get();
            var next = live.owners();
            var pieces = changes(next, snapshot.imported());
            for (var i = 0; i < pieces.size(); i++) {
                var piece = pieces.get(i);
                var frame =
                        new LiveFrame(
                                !begun,
                                isWhole && i == pieces.size() - 1,
                                piece.owners,
                                piece.imports,
                                piece.gone);
                listener.accept(RecordJson.write(frame).getBytes(StandardCharsets.UTF_8));
                begun = true;
            }
            owners = next;
            imported = snapshot.imported();
            if (isWhole) {
                live.snapshots().await(now -> now.version() != snapshot.version(), IDLE);
            } else {
                // a listener waits for that it is: half a minute at most, and then a few of these
                live.knowledge().await(now -> now == Knowledge.WHOLE, UNTIL_WHOLE);
            }
            Thread.sleep(GATHER);
        }
    }

    private static final class Piece {
        private final Map<String, List<ServiceInstance>> owners = new HashMap<>();
        private final List<LiveFrame.Imports> imports = new ArrayList<>();
        private final List<String> gone = new ArrayList<>();
    }

    private List<Piece> changes(
            Map<String, List<ServiceInstance>> nextOwners,
            Map<PeerName, ImportedCatalog> nextImported) {
        var pieces = new ArrayList<Piece>();
        pieces.add(new Piece());
        var changed = difference(owners, nextOwners);
        for (var part : parts(changed)) {
            pieces.getLast().owners.putAll(part);
            pieces.add(new Piece());
        }
        imported.keySet().stream()
                .filter(peer -> !nextImported.containsKey(peer))
                .forEach(peer -> pieces.getLast().gone.add(peer.value()));
        nextImported.forEach((peer, catalog) -> {
            var before = imported.getOrDefault(peer, ImportedCatalog.EMPTY);
            if (catalog != before || !imported.containsKey(peer)) {
                var services = difference(before.instances(), catalog.instances());
                for (var part : parts(services)) {
                    pieces.getLast().imports.add(imports(peer, catalog, part));
                    pieces.add(new Piece());
                }
                if (services.isEmpty()) {
                    pieces.getLast().imports.add(imports(peer, catalog, Map.of()));
                }
            }
        });
        return pieces;
    }

    private static LiveFrame.Imports imports(
            PeerName peer, ImportedCatalog catalog, Map<String, List<ServiceInstance>> services) {
        return new LiveFrame.Imports(
                peer.value(), catalog.heardAt(), catalog.connected(), services);
    }

    /// Lists that are the same object need not be looked into.
    private static Map<String, List<ServiceInstance>> difference(
            Map<String, List<ServiceInstance>> before, Map<String, List<ServiceInstance>> after) {
        var changed = new HashMap<String, List<ServiceInstance>>();
        if (before == after) {
            return changed;
        }
        after.forEach((name, instances) -> {
            var old = before.get(name);
            if (old != instances && !instances.equals(old)) {
                changed.put(name, instances);
            }
        });
        before.keySet().stream()
                .filter(name -> !after.containsKey(name))
                .forEach(name -> changed.put(name, List.of()));
        return changed;
    }

    private static List<Map<String, List<ServiceInstance>>> parts(
            Map<String, List<ServiceInstance>> all) {
        var parts = new ArrayList<Map<String, List<ServiceInstance>>>();
        var part = new HashMap<String, List<ServiceInstance>>();
        for (var entry : all.entrySet()) {
            part.put(entry.getKey(), entry.getValue());
            if (part.size() == PIECE) {
                parts.add(part);
                part = new HashMap<>();
            }
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }
}
