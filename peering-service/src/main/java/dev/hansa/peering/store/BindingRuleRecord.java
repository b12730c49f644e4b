package dev.hansa.peering.store;

/// What whoever logs in may do.
///
/// @param method the name of the auth method whose logins it is about
/// @param selector a filter over what a login's token says; empty: all of them
/// @param bindType what `bindName` names: a policy, a service or a node
/// @param bindName may have `${value.x}` in it
/// @param createIndex 0 before it is written, as is `modifyIndex`; of a command: of the one that it
///   writes over, which must still be there, or 0 for a new one
public record BindingRuleRecord(
        String id,
        String description,
        String method,
        String selector,
        String bindType,
        String bindName,
        long createIndex,
        long modifyIndex) {
    /// Each is read at each login with its method.
    public static final int MOST = 1024;

    BindingRuleRecord indexed(long created, long modified) {
        return new BindingRuleRecord(
                id, description, method, selector, bindType, bindName, created, modified);
    }
}
