package dev.hansa.peering.cluster;

import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.peering.store.RecordJson;
import dev.hansa.trustbundle.PeerName;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes a follower's live catalog what the leader's is. What the follower has from before stays
/// until the leader has told everything: a table is never emptied on the way.
public final class LiveCopy {
    private final LiveCatalog live;
    private final Set<String> owners = new HashSet<>();
    private final Map<String, Set<String>> imports = new HashMap<>();
    private boolean beginning;
    private boolean isWhole;

    public LiveCopy(LiveCatalog live) {
        this.live = live;
    }

    /// @param message a [LiveFrame]
    /// @throws IllegalArgumentException when it is none
    public void take(byte[] message) {
        var frame = RecordJson.read(new String(message, StandardCharsets.UTF_8), LiveFrame.class);
        if (frame.begins()) {
            owners.clear();
            imports.clear();
            beginning = true;
            // what an earlier life has left, or the leader before, may be old by now
            live.knowledge()
                    .update(now -> now == Knowledge.WHOLE ? Knowledge.REMEMBERED : Knowledge.PART);
        }
        frame.owners()
                .forEach((owner, instances) -> {
                    owners.add(owner);
                    live.publish(owner, instances);
                });
        frame.imports().forEach(this::take);
        frame.gone().forEach(peer -> live.forget(new PeerName(peer)));
        if (frame.whole() && beginning) {
            beginning = false;
            forgetTheRest();
            isWhole = true;
            live.knowledge().set(Knowledge.WHOLE);
        }
    }

    /// Whether the leader has told everything once.
    public boolean isWhole() {
        return isWhole;
    }

    private void take(LiveFrame.Imports update) {
        imports.computeIfAbsent(update.peer(), _ -> new HashSet<>())
                .addAll(update.services().keySet());
        live.imported(
                new PeerName(update.peer()),
                old -> {
                    var next = old;
                    for (var service : update.services().entrySet()) {
                        next = next.with(service.getKey(), service.getValue());
                    }
                    return next.heard(update.heardAt(), update.connected());
                });
    }

    private void forgetTheRest() {
        live.owners().keySet().stream()
                .filter(owner -> !owners.contains(owner))
                .forEach(owner -> live.publish(owner, List.of()));
        for (var peer : live.snapshots().get().imported().keySet()) {
            var told = imports.get(peer.value());
            if (told == null) {
                live.forget(peer);
            } else {
                live.imported(peer, held -> only(held, told));
            }
        }
        owners.clear();
        imports.clear();
    }

    private static ImportedCatalog only(ImportedCatalog held, Set<String> told) {
        var left = held;
        for (var name : held.instances().keySet()) {
            if (!told.contains(name)) {
                left = left.with(name, List.of());
            }
        }
        return left;
    }
}
