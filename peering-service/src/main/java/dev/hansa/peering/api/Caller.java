package dev.hansa.peering.api;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.acl.Access;
import dev.hansa.peering.acl.Need;
import java.util.Optional;

/// Who has sent a request, and what of it he may have.
final class Caller {
    /// Before it is known who asks: may do nothing.
    static final Caller NOBODY = new Caller(Access.NOTHING, Optional.empty());

    private final Access access;
    private final Optional<Secret> shown;
    private volatile boolean hidden;

    /// @param shown the secret that came with the request; empty: none
    Caller(Access access, Optional<Secret> shown) {
        this.access = access;
        this.shown = shown;
    }

    /// One who may do everything.
    static Caller everything() {
        return new Caller(Access.EVERYTHING, Optional.empty());
    }

    Access access() {
        return access;
    }

    /// What he has shown, for himself alone.
    Optional<Secret> shown() {
        return shown;
    }

    /// @throws RefusedRequestException 403, naming what is lacking
    void require(Need need) throws RefusedRequestException {
        var refusal = access.refusal(need);
        if (refusal.isPresent()) {
            throw denied(refusal.get());
        }
    }

    /// For what gives away the datacenter's keys, which is never allowed by default.
    ///
    /// @throws RefusedRequestException 403, naming what is lacking
    void requireRule(Need need) throws RefusedRequestException {
        var refusal = access.refusalWithoutRule(need);
        if (refusal.isPresent()) {
            throw denied(refusal.get());
        }
    }

    /// For what was found under an id: who may not even see it is answered as if there were none,
    /// since the refusal would name it.
    ///
    /// @param write what he needs
    /// @param none how it is said that there is none
    /// @throws RefusedRequestException 403, or `none`
    void requireFound(Need write, RefusedRequestException none) throws RefusedRequestException {
        if (!access.allows(write)) {
            if (!access.allows(Need.read(write.resource(), write.name()))) {
                throw none;
            }
            require(write);
        }
    }

    static RefusedRequestException denied(String sentence) {
        return new RefusedRequestException(403, sentence);
    }

    /// For an item of a list: one that he may not see is left out, and he is told that some were.
    boolean sees(Need need) {
        var allowed = access.allows(need);
        hidden |= !allowed;
        return allowed;
    }

    /// Whether something was left out. Who shows no token is not told, since it would tell him what
    /// names there are.
    boolean missedSome() {
        return hidden && !access.accessor().equals(Access.ANONYMOUS);
    }
}
