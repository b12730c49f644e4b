package dev.hansa.token;

/// Carries a rejection up to where the reading began.
final class TokenRefusal extends Exception {
    private static final long serialVersionUID = 1;
    private final transient TokenRejection rejection;

    TokenRefusal(TokenRejection rejection) {
        super(rejection.detail(), null, false, false);
        this.rejection = rejection;
    }

    TokenRejection rejection() {
        return rejection;
    }
}
