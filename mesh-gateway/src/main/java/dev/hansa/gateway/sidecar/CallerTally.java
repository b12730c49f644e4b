package dev.hansa.gateway.sidecar;

import dev.hansa.failover.Callers;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/// Who calls one service, and how many connections each of those who were let in has open. Safe for
/// all event loops.
public final class CallerTally {
    /// Places of one foreign trust domain, whose authority can make any number of names. As many
    /// are kept for callers of our own.
    static final int MOST_FOREIGN = 32;

    private final TrustDomain own;

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

    public CallerTally(TrustDomain own) {
        this.own = own;
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
        if (caller.uri().length() > Callers.MAX_IDENTITY || !hasRoom(caller.trustDomain())) {
            return beyond;
        }
        var place = new Place();
        places.put(caller, place);
        return place;
    }

    private boolean hasRoom(TrustDomain domain) {
        if (!domain.equals(own)) {
            Predicate<SpiffeId> foreign = id -> !id.trustDomain().equals(own);
            Predicate<SpiffeId> same = id -> id.trustDomain().equals(domain);
            if (taken(same) >= MOST_FOREIGN) {
                return makesRoom(same);
            }
            if (taken(foreign) >= Callers.MOST - MOST_FOREIGN) {
                return makesRoom(foreign);
            }
        }
        return places.size() < Callers.MOST || makesRoom(_ -> true);
    }

    private long taken(Predicate<SpiffeId> of) {
        return places.keySet().stream().filter(of).count();
    }

    /// Who of these has nothing open and has called the longest ago makes room.
    private boolean makesRoom(Predicate<SpiffeId> of) {
        var all = places.entrySet().iterator();
        while (all.hasNext()) {
            var each = all.next();
            if (of.test(each.getKey()) && each.getValue().open == 0) {
                beyond.carried += each.getValue().carried;
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
