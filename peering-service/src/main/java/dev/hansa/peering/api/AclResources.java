package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.login.KeySource;
import dev.hansa.peering.store.Store;
import java.time.Clock;
import java.util.function.Consumer;

/// What is below `/v1/acl`.
record AclResources(
        AclWrites writes,
        AclTokenResource tokens,
        AclPolicyResource policies,
        AuthMethodResource methods,
        BindingRuleResource rules,
        Clock clock) {
    static AclResources of(
            ApiSettings settings,
            AccessControl control,
            Store store,
            BlockingReads reads,
            Consumer<PeeringEvent> events) {
        var writes = new AclWrites(control, store, events);
        return new AclResources(
                writes,
                new AclTokenResource(
                        settings.datacenter().name(),
                        control,
                        store,
                        reads,
                        settings.bootstrapReset(),
                        settings.clock(),
                        events),
                new AclPolicyResource(settings.datacenter().name(), control, store, reads, events),
                new AuthMethodResource(writes, reads),
                new BindingRuleResource(writes, reads),
                settings.clock());
    }

    LoginResource logins(KeySource keys) {
        return new LoginResource(writes, tokens, keys, clock);
    }
}
