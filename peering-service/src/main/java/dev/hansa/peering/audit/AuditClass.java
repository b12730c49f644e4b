package dev.hansa.peering.audit;

import java.util.List;
import java.util.regex.Pattern;

/// What a record is kept for. Each class has room of its own, so that no number of refusals pushes
/// out what was done, and no number of everyday changes who was given trust. Words, and what is of
/// which class, stay what they are: they are hashed.
public enum AuditClass {
    /// Who may do what here, and which server is one: tokens, policies, the authority, join tokens,
    /// servers, snapshots. All of it asks for a right over the whole datacenter, so that nobody who
    /// has less can push any of it out; join tokens of services alone are of another class.
    TRUST("trust", 50_000, 1),

    /// All else that was done: peerings, config entries of the mesh, drains of peers. Until the
    /// classes below have begun, what is theirs too.
    CHANGE("change", 50_000, 1),

    /// What was not: the state was against it, or the caller may not.
    REFUSAL("refusal", 20_000, 1),

    /// What whoever may write one service does to it: its config entries, intentions among them,
    /// and its part in failover.
    SERVICE("service", 50_000, 2),

    /// What comes and goes by itself, as often as its owners start or log in: registrations, join
    /// tokens of services and their use, logins.
    REGISTRATION("registration", 20_000, 2);

    /// The act with which the classes of form 2 begin, a record of one of them.
    public static final String APART = "audit.apart";

    /// Of the words of acts, up to the first dot.
    private static final List<String> TRUSTED =
            List.of(
                    "acl",
                    "acl-policy",
                    "acl-token",
                    "audit",
                    "auth-method",
                    "binding-rule",
                    "ca",
                    "join-token",
                    "server",
                    "snapshot");

    /// Config entries that the right to write a service or its intentions is enough for.
    private static final List<String> OF_ONE_SERVICE =
            List.of(
                    "service-defaults/",
                    "service-intentions/",
                    "service-resolver/",
                    "service-router/",
                    "service-splitter/");

    private static final List<String> OF_ALL = List.of("failover.drain-peer", "failover.clear");

    /// Of identities, those of services alone.
    private static final Pattern SERVICES =
            Pattern.compile("[^,]*/svc/[^/,]+(?:, [^,]*/svc/[^/,]+)*");

    private final String word;
    private final int most;
    private final int form;

    AuditClass(String word, int most, int form) {
        this.word = word;
        this.most = most;
        this.form = form;
    }

    /// In records.
    public String word() {
        return word;
    }

    /// How many are kept. All together take up 80 MB as records are, and 630 MB if all texts were
    /// as long as they may be and none in ASCII.
    public int most() {
        return most;
    }

    /// The form of its records: the first one that has it.
    public int form() {
        return form;
    }

    /// @throws IllegalArgumentException when there is none of this word
    public static AuditClass of(String word) {
        for (var each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException(
                "audit record: expected a class of trust, change, refusal, service,"
                        + " registration; found another");
    }

    /// @param what of a record, as are the others
    /// @param apart whether the classes of form 2 have begun
    public static AuditClass of(String what, String on, String outcome, boolean apart) {
        if (outcome.equals(AuditOutcome.REFUSED.word())
                || outcome.equals(AuditOutcome.DENIED.word())) {
            return REFUSAL;
        }
        if (what.equals(APART)) {
            return REGISTRATION;
        }
        if (apart && isOfOneService(what, on)) {
            return SERVICE;
        }
        if (apart && comesByItself(what, on)) {
            return REGISTRATION;
        }
        // each proxy uses one, as often as it is started
        var isUse = what.equals("join-token.use");
        var isTrusted = TRUSTED.contains(what.split("\\.", 2)[0]);
        return isTrusted && !isUse ? TRUST : CHANGE;
    }

    /// Intentions of all services ask for a right over all. An order is ended by its number, which
    /// does not say of what it was, and may be a drain of a peer.
    private static boolean isOfOneService(String what, String on) {
        return what.startsWith("config-entry.")
                        && OF_ONE_SERVICE.stream().anyMatch(on::startsWith)
                        && !on.endsWith("/*")
                || what.startsWith("failover.") && !OF_ALL.contains(what);
    }

    private static boolean comesByItself(String what, String on) {
        return what.startsWith("registration.")
                || what.startsWith("login.")
                || what.equals("join-token.use")
                || what.equals("join-token.generate") && SERVICES.matcher(on).matches();
    }
}
