package dev.hansa.peering.api;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.store.MemberState;
import dev.hansa.peering.store.Members;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// Where the members of the log are, as Consul's clients are told it: by these addresses they tell
/// who leads.
record LogAddresses(Agent agent, Members members) {
    /// The log of a server that nobody joins has an address that says nothing; the API's is shown.
    String of(MemberState member) {
        var settings = agent.settings();
        return member.address().endsWith(":0")
                ? new Endpoint(settings.addresses().own(), settings.listen().getPort()).toString()
                : member.address();
    }

    /// What the members' nodes are called in the catalog, by member.
    Map<String, String> nodes() {
        return ServerInfo.in(agent.catalog().get()).stream()
                .collect(
                        Collectors.toMap(
                                ServerInfo::member, ServerInfo::node, (one, another) -> one));
    }

    /// The ports of these addresses by node; this server's also while the catalog has it not yet.
    Map<String, String> ports() {
        var nodes = nodes();
        var ports = new HashMap<String, String>();
        for (var member : members.list()) {
            var address = of(member);
            var node = member.self() ? agent.settings().nodeName() : nodes.get(member.name());
            if (node != null) {
                ports.put(node, address.substring(address.lastIndexOf(':') + 1));
            }
        }
        return ports;
    }
}
