package dev.hansa.peering.cluster;

import dev.hansa.exportedservices.ServiceInstance;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// A piece of what the leader's live catalog has become since the last piece.
///
/// @param begins whether all that was told before is void
/// @param whole whether with this piece the listener has all there is
/// @param owners instances by who vouches for them; an empty list: nobody any more
/// @param imports of peers
/// @param gone peers that there is nothing of any more
public record LiveFrame(
        boolean begins,
        boolean whole,
        Map<String, List<ServiceInstance>> owners,
        List<Imports> imports,
        List<String> gone) {
    public LiveFrame {
        owners = Map.copyOf(owners);
        imports = List.copyOf(imports);
        gone = List.copyOf(gone);
    }

    /// @param services instances by name; an empty list: withdrawn
    public record Imports(
            String peer,
            Instant heardAt,
            boolean connected,
            Map<String, List<ServiceInstance>> services) {
        public Imports {
            services = Map.copyOf(services);
        }
    }
}
