package dev.hansa.trustbundle.ca;

/// A certificate request that asks for something it may not have, or is no request at all. The
/// message names what was expected and found.
public final class CsrRejectedException extends Exception {
    private static final long serialVersionUID = 1;

    CsrRejectedException(String message) {
        super(message);
    }

    CsrRejectedException(String message, Throwable cause) {
        super(message, cause);
    }
}
