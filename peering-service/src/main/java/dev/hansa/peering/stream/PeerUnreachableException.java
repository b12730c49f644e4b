package dev.hansa.peering.stream;

/// An address of a peer did not answer.
final class PeerUnreachableException extends Exception {
    private static final long serialVersionUID = 1;

    PeerUnreachableException(String address, String reason, Throwable cause) {
        super("no stream through address \"" + address + "\": " + reason, cause);
    }
}
