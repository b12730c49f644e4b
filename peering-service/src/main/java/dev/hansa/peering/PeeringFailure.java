package dev.hansa.peering;

import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Locale;

/// Why a peering could not be made: what, whose fault, and whether trying again can help. The
/// sentences of those that Consul has too are Consul's, because its clients match on them.
public sealed interface PeeringFailure {
    enum Fault {
        CLIENT,
        PEER,
        LOCAL
    }

    /// One of a few names, for a metric's label.
    String reason();

    /// A lower-case fragment; never a secret.
    String message();

    Fault fault();

    boolean retryable();

    /// The token cannot be used, whoever made it.
    record TokenUnusable(String message) implements PeeringFailure {
        @Override
        public String reason() {
            return "token_unusable";
        }

        @Override
        public Fault fault() {
            return Fault.CLIENT;
        }

        @Override
        public boolean retryable() {
            return false;
        }
    }

    /// Something that exists already stands against it: a peering of the other kind, with the same
    /// trust domain, or with ourselves.
    record Conflict(Cause cause, String message) implements PeeringFailure {
        public enum Cause {
            BAD_ADDRESS,
            WITH_ONESELF,
            ACCEPTS_ALREADY,
            DIALS_ALREADY,
            PEERED_ALREADY,
            OTHER_TRUST_DOMAIN,
            UNKNOWN_ROOT,
            DELETING,
            TERMINATED,
            UNDER_WAY,
            TOO_MANY_PEERINGS
        }

        /// @param most how many peerings this server may have
        public static Conflict tooMany(PeerName peer, int most, int found) {
            return new Conflict(
                    Cause.TOO_MANY_PEERINGS,
                    "peering '"
                            + peer
                            + "': expected at most "
                            + most
                            + " peerings (peer.max-peerings), ended ones that are not deleted"
                            + " included; found "
                            + found);
        }

        @Override
        public String reason() {
            return cause.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public Fault fault() {
            return Fault.CLIENT;
        }

        @Override
        public boolean retryable() {
            return false;
        }
    }

    /// The peer did not take the secret: used, superseded, expired or never its own.
    record SecretDenied(String answer) implements PeeringFailure {
        @Override
        public String reason() {
            return "secret_denied";
        }

        @Override
        public String message() {
            return "a new peering token must be generated: " + answer;
        }

        @Override
        public Fault fault() {
            return Fault.PEER;
        }

        @Override
        public boolean retryable() {
            return false;
        }
    }

    /// No address answered.
    record Unreachable(List<String> attempts) implements PeeringFailure {
        public Unreachable {
            attempts = List.copyOf(attempts);
        }

        @Override
        public String reason() {
            return "unreachable";
        }

        @Override
        public String message() {
            return String.join("; ", attempts);
        }

        @Override
        public Fault fault() {
            return Fault.PEER;
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }

    /// Something of ours is missing or refused: a gateway, the certificate authority, the store.
    record NotReady(String message) implements PeeringFailure {
        @Override
        public String reason() {
            return "not_ready";
        }

        @Override
        public Fault fault() {
            return Fault.LOCAL;
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }
}
