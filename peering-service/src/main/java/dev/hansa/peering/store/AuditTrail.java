package dev.hansa.peering.store;

import dev.hansa.peering.audit.AuditAct;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.peering.audit.AuditReason;
import dev.hansa.peering.audit.AuditRecord;
import dev.hansa.peering.audit.Origin;
import java.util.Optional;
import java.util.TreeSet;

/// Which commands are acts, and the record of each: a pure function, the same on every server and
/// at every replay.
final class AuditTrail {
    private AuditTrail() {}

    /// @param what a word for it, which stays what it is
    /// @param on the name of what it is about
    /// @param detail values that the command brings; never a sentence
    private record Act(String what, String on, String detail) {}

    /// The record of a command.
    ///
    /// The log begins at the first command that says where it comes from: at the same one on each
    /// server, however much of the commands before it each had applied when it was upgraded.
    ///
    /// @param before the state that the command found
    /// @return empty when it is no act, or has changed nothing
    static Optional<AuditRecord> record(
            AuditHead head,
            StoreState before,
            CommandCodec.Entry entry,
            StateMachine.Transition transition) {
        if (entry.origin().isEmpty() && head.last().number() == 0) {
            return Optional.empty();
        }
        var origin = entry.origin().orElse(Origin.UNKNOWN);
        return act(before, entry.command())
                .flatMap(act -> ended(act, entry.command(), origin, transition))
                .map(act -> AuditRecord.after(head, transition.state().index(), origin, act));
    }

    private static Optional<AuditAct> ended(
            Act act, StoreCommand command, Origin origin, StateMachine.Transition transition) {
        return switch (transition.answer()) {
            case StoreAnswer.Applied _ -> Optional.of(applied(act));
            case StoreAnswer.Refused _ when origin.quiet() -> Optional.empty();
            case StoreAnswer.Refused _ ->
                    Optional.of(
                            new AuditAct(
                                    act.what(),
                                    act.on(),
                                    AuditOutcome.REFUSED.word(),
                                    transition.reason().word(),
                                    act.detail(),
                                    origin.untold()));
            case StoreAnswer.Unchanged _ -> noted(act, command);
        };
    }

    private static AuditAct applied(Act act) {
        return new AuditAct(
                act.what(),
                act.on(),
                AuditOutcome.APPLIED.word(),
                AuditReason.NONE.word(),
                act.detail(),
                0);
    }

    /// What changes nothing is an act all the same where it is there to be told.
    private static Optional<AuditAct> noted(Act act, StoreCommand command) {
        return switch (command) {
            case StoreCommand.NoteAct(
                            var what,
                            var on,
                            var outcome,
                            var reason,
                            var detail,
                            var untold) ->
                    Optional.of(new AuditAct(what, on, outcome, reason, detail, untold));
            case StoreCommand.BeginAuditClasses _ -> Optional.of(applied(act));
            default -> Optional.empty();
        };
    }

    private static Optional<Act> act(String what, String on) {
        return act(what, on, "");
    }

    private static Optional<Act> act(String what, String on, String detail) {
        return Optional.of(new Act(what, on, detail));
    }

    private static Optional<Act> act(StoreState state, StoreCommand command) {
        return switch (command) {
            case StoreCommand.PutConfig(var kind, var name, _, _) ->
                    act("config-entry.write", kind + "/" + name);
            case StoreCommand.DeleteConfig(var kind, var name, _) ->
                    act("config-entry.delete", kind + "/" + name);
            case StoreCommand.PutPeering(var peering, _) ->
                    act(
                            switch (peering.state()) {
                                case PENDING, ESTABLISHING -> "peering.write";
                                case DELETING -> "peering.delete";
                                case TERMINATED -> "peering.terminate";
                            },
                            peering.name().value());
            case StoreCommand.RemovePeering(var name) -> act("peering.remove", name.value());
            case StoreCommand.IssueEstablishment(var id, _) ->
                    act("peering-token.generate", peering(state, id));
            case StoreCommand.RevokeEstablishment(var id, _) ->
                    act("peering-token.revoke", peering(state, id));
            case StoreCommand.ExchangeSecret exchange ->
                    act("peering-token.use", peering(state, exchange.peeringId()));
            case StoreCommand.PromoteStream(var id, _) -> act("peering.open", peering(state, id));
            case StoreCommand.Establish(var peering, _) ->
                    act("peering.establish", peering.name().value());
            case StoreCommand.PutBundle(var bundle) ->
                    act("trust-bundle.write", bundle.peer().value());
            case StoreCommand.RemoveBundle(var peer) -> act("trust-bundle.delete", peer.value());
            case StoreCommand.PutRegistration(var instance, _, _) ->
                    act(
                            "registration.write",
                            RegistrationRecord.key(instance.node().name(), instance.id()));
            case StoreCommand.RemoveRegistration(var node, var id) ->
                    act("registration.delete", RegistrationRecord.key(node, id));
            case StoreCommand.InitCa(var ca) -> act("ca.create", ca.trustDomain());
            case StoreCommand.ReplaceCa(var ca) ->
                    act(
                            "ca.write",
                            ca.trustDomain(),
                            ca.rotation().map(going -> going.phase().name()).orElse(""));
            case StoreCommand.PutJoinSecret(var secret, _) ->
                    act("join-token.generate", identities(secret));
            case StoreCommand.UseJoinSecret join -> act("join-token.use", join.identityPath());
            case StoreCommand.PutControl(var control, _) ->
                    act(
                            "failover." + control.kind(),
                            control.service().isEmpty() ? control.peer() : control.service());
            case StoreCommand.RemoveControl(var id) -> act("failover.clear", Long.toString(id));
            case StoreCommand.BootstrapAcl(var token, _) -> act("acl.bootstrap", token.accessor());
            case StoreCommand.PutAclToken(var token, _) when token.login().isPresent() ->
                    act("login.begin", token.accessor(), token.login().get().method());
            case StoreCommand.PutAclToken(var token, _) ->
                    act(
                            "acl-token.write",
                            token.accessor(),
                            String.join(", ", new TreeSet<>(token.policyIds())));
            case StoreCommand.RemoveAclToken(var accessor) ->
                    act(isOfLogin(state, accessor) ? "login.end" : "acl-token.delete", accessor);
            case StoreCommand.PutAclPolicy(var policy) -> act("acl-policy.write", policy.name());
            case StoreCommand.RemoveAclPolicy(var id) -> act("acl-policy.delete", id);
            case StoreCommand.PutAuthMethod(var method) -> act("auth-method.write", method.name());
            case StoreCommand.RemoveAuthMethod(var name) -> act("auth-method.delete", name);
            case StoreCommand.PutBindingRule(var rule) ->
                    act("binding-rule.write", rule.id(), rule.method());
            case StoreCommand.RemoveBindingRule(var id) -> act("binding-rule.delete", id);
            case StoreCommand.CommitRestore _ -> act("snapshot.restore", "state");
            case StoreCommand.NoteAct(var what, var on, _, _, _, _) -> act(what, on);
            case StoreCommand.BeginAuditClasses _ -> act(AuditClass.APART, "log");
            // what is healthy is no act, nor is what follows of it; an end that was set is none
            // when
            // it comes, and a restore is one when it is done
            case StoreCommand.PutCheckResult _,
                    StoreCommand.CountStart _,
                    StoreCommand.ForgetExpiredTokens _,
                    StoreCommand.AssignVirtual _,
                    StoreCommand.ReleaseVirtual _,
                    StoreCommand.BeginRestore _,
                    StoreCommand.RestorePart _,
                    StoreCommand.AbortRestore _ ->
                    Optional.empty();
        };
    }

    private static String peering(StoreState state, String id) {
        return state.peeringById(id).map(peering -> peering.name().value()).orElse(id);
    }

    private static boolean isOfLogin(StoreState state, String accessor) {
        return state.acl().token(accessor).filter(token -> token.login().isPresent()).isPresent();
    }

    private static String identities(JoinSecretRecord secret) {
        return String.join(", ", new TreeSet<>(secret.identityPaths()));
    }
}
