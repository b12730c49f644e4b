package dev.hansa.peering.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// A token of the API. Its secret is shown once, when it is made; what is kept is its SHA-256.
///
/// @param accessor its public id
/// @param secretHash hex
/// @param policyIds of policies that there are, or were
/// @param services whose identities it may take on, as `nodes` are
/// @param local as its writer called it; all tokens are of one datacenter
/// @param expiresAt empty: never
/// @param login for whom it was made when he logged in; empty: an operator made it
/// @param createIndex 0 before it is written, as is `modifyIndex`; of a command: of the one that it
///   writes over, which must still be there, or 0 for a new one
public record AclTokenRecord(
        String accessor,
        String secretHash,
        String description,
        List<String> policyIds,
        List<String> services,
        List<String> nodes,
        boolean local,
        Instant createdAt,
        Optional<Instant> expiresAt,
        @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Login> login,
        long createIndex,
        long modifyIndex) {
    /// Of operators: two for each of some thousand services; each is a line in memory.
    public static final int MOST = 20_000;

    /// Of logins, beside those: however many log in, an operator can make one.
    public static final int MOST_OF_LOGINS = 10_000;

    /// One cluster whose pods start over and over does not keep people out.
    public static final int MOST_OF_A_METHOD = MOST_OF_LOGINS / 2;

    /// A thousand pods of one service account; whoever shows one JWT again and again comes no
    /// further.
    public static final int MOST_OF_A_SUBJECT = 1_000;

    /// How the refusal of a further one begins, which can be tried again later.
    public static final String FULL = "expected at most ";

    /// @param method the auth method by which somebody has logged in
    /// @param methodIndex the method's modify index when what he showed was looked at
    /// @param subject hex, the SHA-256 of what his token calls him
    public record Login(String method, long methodIndex, String subject) {}

    /// Consul's word for it.
    public static final String ANONYMOUS_HASH = Sha256.hex(new Secret("anonymous"));

    /// Whoever shows no token has this one. It may do nothing until somebody writes it otherwise.
    public static final AclTokenRecord ANONYMOUS =
            new AclTokenRecord(
                    "00000000-0000-0000-0000-000000000002",
                    ANONYMOUS_HASH,
                    "Anonymous Token",
                    List.of(),
                    List.of(),
                    List.of(),
                    false,
                    Instant.EPOCH,
                    Optional.empty(),
                    Optional.empty(),
                    1,
                    1);

    public AclTokenRecord {
        policyIds = List.copyOf(policyIds);
        services = List.copyOf(services);
        nodes = List.copyOf(nodes);
        // a version without logins neither writes it nor reads it: it is there for logins alone
        login = Objects.requireNonNullElse(login, Optional.empty());
    }

    /// By which somebody has logged in for it; empty: nobody has.
    public String authMethod() {
        return login.map(Login::method).orElse("");
    }

    public boolean isExpired(Instant now) {
        return expiresAt.filter(at -> !at.isAfter(now)).isPresent();
    }

    AclTokenRecord indexed(long created, long modified) {
        return new AclTokenRecord(
                accessor,
                secretHash,
                description,
                policyIds,
                services,
                nodes,
                local,
                createdAt,
                expiresAt,
                login,
                created,
                modified);
    }
}
