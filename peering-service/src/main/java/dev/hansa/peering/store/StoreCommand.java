package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.audit.AuditOutcome;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// Every change that must survive. A command is a value: it holds all that decides its outcome (no
/// clock, nothing random inside), so that applying it again in the same order gives the same state.
public sealed interface StoreCommand {
    /// A server has opened the store; adds one to [StoreState#starts].
    record CountStart() implements StoreCommand {}

    /// @param cas empty: always; 0: only when absent; else only when the entry still has this
    ///   modify index
    record PutConfig(String kind, String name, String json, OptionalLong cas)
            implements StoreCommand {}

    record DeleteConfig(String kind, String name, OptionalLong cas) implements StoreCommand {}

    /// Writes when the stored modify index is still that of `peering` (0: only when absent).
    ///
    /// @param most a new one is refused when there are so many
    record PutPeering(PeeringRecord peering, int most) implements StoreCommand {
        public PutPeering(PeeringRecord peering) {
            this(peering, Integer.MAX_VALUE);
        }
    }

    /// Removes the record, its secrets and its bundle.
    record RemovePeering(PeerName name) implements StoreCommand {}

    /// Replaces the unused establishment secret; stream secrets stay, so a live stream runs on.
    record IssueEstablishment(String peeringId, PeeringSecrets.Establishment establishment)
            implements StoreCommand {}

    /// Makes the unused establishment secret of this very token worthless; refused when it was used
    /// or superseded meanwhile.
    record RevokeEstablishment(String peeringId, String tokenId) implements StoreCommand {}

    /// Uses the establishment secret up, at most once, and stores the pending stream secret.
    /// Refused when the hash is not the unused one, when it has expired at `now`, or when the
    /// peering is not live.
    record ExchangeSecret(String peeringId, String candidateHash, String newStreamHash, Instant now)
            implements StoreCommand {}

    /// First use of the pending stream secret: it becomes the active one. Done already: nothing
    /// changes.
    record PromoteStream(String peeringId, String hash) implements StoreCommand {}

    /// The dialer's stream secret, together with the peering in its new state.
    record Establish(PeeringRecord peering, Secret streamSecret) implements StoreCommand {}

    record PutBundle(BundleRecord bundle) implements StoreCommand {}

    record RemoveBundle(PeerName peer) implements StoreCommand {}

    /// @param cas empty: always; 0: only when absent; else only when the registration still has
    ///   this modify index
    /// @param among refused when it brings a check whose id another registration at one of these
    ///   nodes has; empty: any may have it
    record PutRegistration(ServiceInstance instance, OptionalLong cas, Set<String> among)
            implements StoreCommand {
        public PutRegistration {
            // logs that were written before there was any do not have it
            among = among == null ? Set.of() : Set.copyOf(among);
        }

        public PutRegistration(ServiceInstance instance) {
            this(instance, OptionalLong.empty(), Set.of());
        }
    }

    /// @param serviceId empty: every instance of the node
    record RemoveRegistration(String node, String serviceId) implements StoreCommand {}

    /// The last result of a check that a registration has; refused when it has none of that id, or
    /// one whose result its owner states when he registers it.
    ///
    /// @param serviceId empty: a check of the node
    record PutCheckResult(
            String node, String serviceId, String checkId, CheckStatus status, String output)
            implements StoreCommand {}

    /// Only when there is none yet.
    record InitCa(CaRecord ca) implements StoreCommand {}

    /// Buys the one certificate for an identity that a join secret is good for; refused when there
    /// is no such secret, when it has expired at `now`, when it is not for that identity, and when
    /// it was used for it with another key before.
    ///
    /// @param keyHash SHA-256 (hex) of the public key that is certified
    record UseJoinSecret(String hash, String identityPath, String keyHash, Instant now)
            implements StoreCommand {}

    /// Only when the stored one is the generation before it, of the same trust domain.
    record ReplaceCa(CaRecord ca) implements StoreCommand {}

    /// Also forgets the join secrets that have expired at `now`.
    record PutJoinSecret(JoinSecretRecord secret, Instant now) implements StoreCommand {}

    /// An operator's control of failover; it gets the index of this write as its id. Also forgets
    /// those that have expired at `now`. Refused when there are too many.
    record PutControl(ControlRecord control, Instant now) implements StoreCommand {}

    /// Ends a control; none has this id: nothing changes.
    record RemoveControl(long id) implements StoreCommand {}

    /// The first token, while there was none, or again when `reset` is the index of the one before.
    record BootstrapAcl(AclTokenRecord token, OptionalLong reset) implements StoreCommand {}

    /// Writes a token anew or over the one with its accessor, whose secret stays. Also forgets
    /// those that have expired at `now`. Refused when its secret is another token's, or there are
    /// too many.
    record PutAclToken(AclTokenRecord token, Instant now) implements StoreCommand {}

    /// None has this accessor: nothing changes.
    record RemoveAclToken(String accessor) implements StoreCommand {}

    /// Refused when another policy has its name, or there are too many.
    record PutAclPolicy(AclPolicyRecord policy) implements StoreCommand {}

    /// None has this id: nothing changes.
    record RemoveAclPolicy(String id) implements StoreCommand {}

    /// Refused when there are too many, or it was changed since it was read.
    record PutAuthMethod(AuthMethodRecord method) implements StoreCommand {}

    /// With its rules, and the tokens of those who have logged in by it. None has this name:
    /// nothing changes.
    record RemoveAuthMethod(String name) implements StoreCommand {}

    /// Refused when there are too many, or no such method.
    record PutBindingRule(BindingRuleRecord rule) implements StoreCommand {}

    /// None has this id: nothing changes.
    record RemoveBindingRule(String id) implements StoreCommand {}

    /// Forgets the tokens that have expired at `now`.
    record ForgetExpiredTokens(Instant now) implements StoreCommand {}

    /// Gives each of the names that has no virtual address one; a number in them says nothing. One
    /// that there is no room for stays without.
    record AssignVirtual(List<VirtualRecord> names) implements StoreCommand {
        public AssignVirtual {
            names = List.copyOf(names);
        }
    }

    /// Takes virtual addresses back; none has this key: nothing changes.
    ///
    /// @param keys as in [VirtualAddresses#records]
    record ReleaseVirtual(List<String> keys) implements StoreCommand {
        public ReleaseVirtual {
            keys = List.copyOf(keys);
        }
    }

    /// A snapshot's database will come in parts; what has come of another is forgotten.
    record BeginRestore(String id, long bytes, String sha256) implements StoreCommand {}

    /// @param content Base64
    record RestorePart(String id, long offset, String content) implements StoreCommand {}

    /// All parts have come: the snapshot takes the state's place, if it may.
    ///
    /// @param force also where there are peerings or config entries
    record CommitRestore(String id, boolean force) implements StoreCommand {}

    /// Forgets what has come; another restore goes on.
    record AbortRestore(String id) implements StoreCommand {}

    /// Changes nothing, and is told in the audit log: what was done elsewhere than in the store, or
    /// was not allowed.
    ///
    /// @param outcome a word of [AuditOutcome]
    /// @param reason a word of [AuditReason], or empty
    /// @param detail in the words of the server that notes it
    /// @param untold how many of the same came before it and are not noted
    record NoteAct(
            String what, String on, String outcome, String reason, String detail, long untold)
            implements StoreCommand {
        public NoteAct(String what, String on, AuditOutcome outcome) {
            this(what, on, outcome.word(), "", "", 0);
        }

        /// An operator hands over the lead or removes a server, and does so when a disk is full.
        private boolean isOfAnAct() {
            return !outcome.equals(AuditOutcome.DENIED.word())
                    && !outcome.equals(AuditOutcome.REFUSED.word());
        }
    }

    /// The audit log's classes of form 2 begin, which changes nothing else. A command of its own,
    /// and no note: a build that does not have these classes stops at it, rather than take their
    /// records for others.
    record BeginAuditClasses() implements StoreCommand {}

    /// Whether a full store takes it all the same: it leaves no more behind than was there, or a
    /// line of what makes room.
    default boolean makesRoom() {
        return switch (this) {
            case DeleteConfig _,
                    RemovePeering _,
                    RemoveBundle _,
                    RemoveRegistration _,
                    RevokeEstablishment _,
                    ExchangeSecret _,
                    PromoteStream _,
                    ReplaceCa _,
                    RemoveControl _,
                    RemoveAclToken _,
                    RemoveAclPolicy _,
                    RemoveAuthMethod _,
                    RemoveBindingRule _,
                    ForgetExpiredTokens _,
                    ReleaseVirtual _,
                    AbortRestore _,
                    BeginAuditClasses _,
                    CountStart _ ->
                    true;
            case NoteAct note -> note.isOfAnAct();
            case PutConfig _,
                    PutPeering _,
                    IssueEstablishment _,
                    Establish _,
                    PutBundle _,
                    PutRegistration _,
                    PutCheckResult _,
                    InitCa _,
                    UseJoinSecret _,
                    PutControl _,
                    BootstrapAcl _,
                    PutAclToken _,
                    PutAclPolicy _,
                    PutAuthMethod _,
                    PutBindingRule _,
                    AssignVirtual _,
                    BeginRestore _,
                    RestorePart _,
                    CommitRestore _,
                    PutJoinSecret _ ->
                    false;
        };
    }
}
