package dev.hansa.peering.configentry;

import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.IntentionTable;
import java.util.List;

/// Config entries as text and as what they mean.
public final class ConfigEntries {
    private ConfigEntries() {}

    public static ParsedEntry parse(String text) {
        return new ParsedEntry.Invalid("config entry: expected something; found nothing", 400);
    }

    public static ExportPolicy exportPolicy(StoreState state) {
        return ExportPolicy.NONE;
    }

    public static FailoverPolicy failoverPolicy(StoreState state, ServiceName service) {
        return FailoverPolicy.none(service);
    }

    public static IntentionTable intentionTable(
            StoreState state, boolean defaultAllow, String destination) {
        return new IntentionTable(defaultAllow, List.of());
    }

    public static boolean throughMeshGateways(StoreState state) {
        return false;
    }
}
