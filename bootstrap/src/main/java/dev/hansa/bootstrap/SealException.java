package dev.hansa.bootstrap;

import java.io.IOException;

/// There is no key to seal with. The message names where it was looked for, and shows nothing of
/// what was found there.
public final class SealException extends IOException {
    private static final long serialVersionUID = 1;

    SealException(String message) {
        super(message);
    }
}
