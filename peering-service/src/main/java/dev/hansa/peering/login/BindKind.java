package dev.hansa.peering.login;

import dev.hansa.peering.acl.BuiltInPolicies;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a binding rule gives to whoever logs in.
public enum BindKind {
    POLICY("[A-Za-z0-9_-]{1,128}", "letters, digits, '-' and '_', 128 at most"),
    SERVICE(
            "[a-z0-9]([a-z0-9_-]{0,126}[a-z0-9])?",
            "small letters and digits, with '-' and '_' between them, 128 at most"),
    NODE(
            "[a-z0-9]([a-z0-9_-]{0,126}[a-z0-9])?",
            "small letters and digits, with '-' and '_' between them, 128 at most");

    private final String form;
    private final String grammar;

    BindKind(String form, String grammar) {
        this.form = form;
        this.grammar = grammar;
    }

    public static Optional<BindKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }

    /// As rules have it.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// For sentences: of what its names are.
    String grammar() {
        return grammar;
    }

    /// @param isFixed whether an operator has written all of it. A policy that is always there,
    ///   above all the one that allows everything, is never one that a token has named.
    boolean isName(String text, boolean isFixed) {
        var isBuiltIn =
                this == POLICY
                        && BuiltInPolicies.ALL.stream()
                                .anyMatch(policy -> policy.name().equals(text));
        // the identity of a service has that of its sidecar in it: who chooses the name of an
        // account must not choose another's sidecar
        var isSidecar = this == SERVICE && text.endsWith("-sidecar-proxy");
        return isBuiltIn || isSidecar && !isFixed ? isFixed : Pattern.matches(form, text);
    }
}
