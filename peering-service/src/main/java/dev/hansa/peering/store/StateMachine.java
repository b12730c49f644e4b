package dev.hansa.peering.store;

import dev.hansa.peering.audit.AuditReason;
import dev.hansa.peering.store.StoreAnswer.Applied;
import dev.hansa.peering.store.StoreAnswer.Refused;
import dev.hansa.peering.store.StoreAnswer.Unchanged;
import java.util.Optional;

/// What each command does to the state: a pure function, the same on every server and at every
/// replay.
final class StateMachine {
    private StateMachine() {}

    /// The state after a command, and what to answer; the same state when nothing changed.
    ///
    /// @param reason of a refusal, for the audit log: a sentence is not the same in each version
    record Transition(StoreState state, StoreAnswer answer, AuditReason reason) {
        Transition(StoreState state, StoreAnswer answer) {
            this(state, answer, AuditReason.NONE);
        }
    }

    static Transition apply(StoreState state, StoreCommand command) {
        var next = new StateDraft(state);
        var refusal =
                switch (command) {
                    case StoreCommand.CountStart _ -> next.countStart();
                    case StoreCommand.PutConfig(var kind, var name, var json, var cas) ->
                            next.putConfig(kind, name, json, cas);
                    case StoreCommand.DeleteConfig(var kind, var name, var cas) ->
                            next.deleteConfig(kind, name, cas);
                    case StoreCommand.PutPeering(var peering, var most) ->
                            next.crowded(peering, most).or(() -> next.putPeering(peering));
                    case StoreCommand.RemovePeering(var name) -> next.removePeering(name);
                    case StoreCommand.IssueEstablishment(var id, var establishment) ->
                            next.issue(id, establishment);
                    case StoreCommand.RevokeEstablishment(var id, var token) ->
                            next.revoke(id, token);
                    case StoreCommand.ExchangeSecret exchange -> next.exchange(exchange);
                    case StoreCommand.PromoteStream(var id, var hash) -> next.promote(id, hash);
                    case StoreCommand.Establish(var peering, var secret) ->
                            next.putPeering(peering)
                                    .or(() ->
                                            next.keep(
                                                    new PeeringSecrets(
                                                            peering.id(),
                                                            Optional.empty(),
                                                            Optional.empty(),
                                                            Optional.empty(),
                                                            Optional.of(secret))));
                    case StoreCommand.PutBundle(var bundle) -> next.putBundle(bundle);
                    case StoreCommand.RemoveBundle(var peer) -> next.removeBundle(peer);
                    case StoreCommand.PutRegistration(var instance, var cas, var among) ->
                            next.register(new RegistrationRecord(instance), cas, among);
                    case StoreCommand.RemoveRegistration(var node, var id) ->
                            next.deregister(node, id);
                    case StoreCommand.PutCheckResult result -> next.checked(result);
                    case StoreCommand.InitCa(var ca) -> next.initCa(ca);
                    case StoreCommand.ReplaceCa(var ca) -> next.replaceCa(ca);
                    case StoreCommand.PutJoinSecret join -> next.putJoinSecret(join);
                    case StoreCommand.UseJoinSecret join -> next.useJoinSecret(join);
                    case StoreCommand.PutControl control -> next.putControl(control);
                    case StoreCommand.RemoveControl(var id) -> next.removeControl(id);
                    case StoreCommand.BootstrapAcl _,
                            StoreCommand.PutAclToken _,
                            StoreCommand.RemoveAclToken _,
                            StoreCommand.PutAclPolicy _,
                            StoreCommand.RemoveAclPolicy _ ->
                            next.acl(AclChanges.of(state.acl(), command, next.index()));
                    case StoreCommand.PutAuthMethod _,
                            StoreCommand.RemoveAuthMethod _,
                            StoreCommand.PutBindingRule _,
                            StoreCommand.RemoveBindingRule _,
                            StoreCommand.ForgetExpiredTokens _ ->
                            next.acl(LoginChanges.of(state.acl(), command, next.index()));
                    case StoreCommand.AssignVirtual(var names) ->
                            next.virtual(state.virtual().with(names));
                    case StoreCommand.ReleaseVirtual(var keys) ->
                            next.virtual(state.virtual().without(keys));
                    case StoreCommand.NoteAct _, StoreCommand.BeginAuditClasses _ ->
                            Optional.<String>empty();
                    case StoreCommand.BeginRestore _,
                            StoreCommand.RestorePart _,
                            StoreCommand.CommitRestore _,
                            StoreCommand.AbortRestore _ ->
                            throw new IllegalStateException("a restore is RestoreLog's");
                };
        if (refusal.isPresent()) {
            return new Transition(state, new Refused(refusal.get()), next.reason());
        }
        return next.isChanged()
                ? new Transition(next.state(), new Applied(next.index()))
                : new Transition(state, new Unchanged(state.index()));
    }
}
