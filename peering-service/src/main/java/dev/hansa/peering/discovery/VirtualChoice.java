package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.failover.VirtualServices;
import dev.hansa.peering.store.VirtualRecord;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Which services a sidecar is told the virtual addresses of: all, where it can hold them all.
final class VirtualChoice {
    private static final Comparator<VirtualRecord> OWN_FIRST =
            Comparator.comparing((VirtualRecord record) -> !record.peer().isEmpty())
                    .thenComparing(VirtualRecord::key);

    private VirtualChoice() {}

    /// Where there are too many, those that the caller may call come before the others, and this
    /// datacenter's own before those of peers.
    static Map<VirtualAddress, UpstreamName> of(RouteWorld world, ServiceName caller) {
        var all = world.state().virtual().records().values();
        var chosen = all.size() <= VirtualServices.MOST ? all.stream() : some(world, caller);
        return chosen.collect(Collectors.toMap(VirtualRecord::address, VirtualRecord::name));
    }

    private static Stream<VirtualRecord> some(RouteWorld world, ServiceName caller) {
        // whether a peer lets us call is the peer's to say
        Predicate<VirtualRecord> mayCall =
                record ->
                        !record.peer().isEmpty()
                                || world.intentions()
                                        .apply(record.service())
                                        .decide(Optional.empty(), caller.value(), record.service())
                                        .allowed();
        var byRule =
                world.state().virtual().records().values().stream()
                        .sorted(OWN_FIRST)
                        .collect(Collectors.partitioningBy(mayCall));
        return Stream.of(true, false)
                .flatMap(may -> byRule.getOrDefault(may, List.of()).stream())
                .limit(VirtualServices.MOST);
    }
}
