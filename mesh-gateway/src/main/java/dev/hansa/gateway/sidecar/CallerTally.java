package dev.hansa.gateway.sidecar;

import dev.hansa.failover.Callers;
import dev.hansa.trustbundle.SpiffeId;
import java.util.LinkedHashMap;
import java.util.Map;

/// Who calls one service, and how many connections each of those who were let in has open. Safe for
/// all event loops.
public final class CallerTally {
    /// Those who have called last are at the end.
    private final Map<SpiffeId, Place> places = new LinkedHashMap<>(16, 0.75f, true);

    private final Place beyond = new Place();

    /// One caller's counts, or those of all that there is no place for. Touched under the tally's
    /// lock only.
    static final class Place {
        private long open;
        private long carried;

        private Callers.Count count() {
            return new Callers.Count(open, carried);
        }
    }

    /// A connection of a caller was let in.
    ///
    /// @return to be given back to [#left] when it has ended
    synchronized Place entered(SpiffeId caller) {
        var place = place(caller);
        place.open++;
        place.carried++;
        return place;
    }

    private Place place(SpiffeId caller) {
        var known = places.get(caller);
        if (known != null) {
            return known;
        }
        if (caller.uri().length() > Callers.MAX_IDENTITY || !hasRoom()) {
            return beyond;
        }
        var place = new Place();
        places.put(caller, place);
        return place;
    }

    /// Who has nothing open and has called the longest ago makes room.
    private boolean hasRoom() {
        if (places.size() < Callers.MOST) {
            return true;
        }
        var all = places.values().iterator();
        while (all.hasNext()) {
            var place = all.next();
            if (place.open == 0) {
                beyond.carried += place.carried;
                all.remove();
                return true;
            }
        }
        return false;
    }

    synchronized void left(Place place) {
        place.open--;
    }

    public synchronized Callers callers() {
        return new Callers(
                places.entrySet().stream()
                        .map(each -> new Callers.OfCaller(each.getKey(), each.getValue().count()))
                        .toList(),
                beyond.count());
    }
}
