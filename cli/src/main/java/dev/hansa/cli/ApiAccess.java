package dev.hansa.cli;

import dev.hansa.bootstrap.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where a server's API is, and what a command shows and believes there.
///
/// @param base scheme, host and port; no user, no slash at its end
/// @param isStale whether a server that does not lead may answer what is read
record ApiAccess(URI base, Optional<Token> token, TlsFiles tls, boolean isStale) {
    static final String DEFAULT_ADDRESS = "http://127.0.0.1:8500";

    /// A header's line at servers is 8 KiB, its name in it; a JWT comes near, nothing else does.
    private static final int MAX_TOKEN = 8_000;

    /// What a header may hold without being taken for its end.
    private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]+");

    /// What Consul's clients take for yes.
    static final Set<String> YES = Set.of("1", "t", "T", "TRUE", "true", "True");

    /// @param source where it came from, for sentences; never the value
    record Token(Secret value, String source) {
        /// @throws CommandFailedException without the value
        static Token of(String text, String source) throws CommandFailedException {
            var value = text.strip();
            if (!PRINTABLE.matcher(value).matches()) {
                throw new CommandFailedException(
                        "token of "
                                + source
                                + ": expected one word of printable ASCII; found "
                                + (value.isEmpty() ? "nothing" : "something else"));
            }
            if (value.length() > MAX_TOKEN) {
                throw new CommandFailedException(
                        "token of "
                                + source
                                + ": expected at most "
                                + MAX_TOKEN
                                + " characters; found "
                                + value.length());
            }
            return new Token(new Secret(value), source);
        }
    }

    /// What the flags said; each beats its variable, and `HANSA_…` beats `CONSUL_…`.
    record Flags(
            Optional<String> address,
            Optional<String> token,
            Optional<String> tokenFile,
            TlsFiles tls,
            boolean isStale) {}

    static ApiAccess of(Flags flags, Surroundings surroundings) throws CommandFailedException {
        var environment = surroundings.environment();
        var address =
                flags.address()
                        .or(() ->
                                first(environment, "HANSA_HTTP_ADDR", "CONSUL_HTTP_ADDR")
                                        .filter(text -> !text.isBlank()))
                        .orElse(DEFAULT_ADDRESS.substring("http://".length()));
        return new ApiAccess(
                parse(address, YES.contains(environment.getOrDefault("CONSUL_HTTP_SSL", ""))),
                token(flags, surroundings),
                flags.tls().or(TlsFiles.of(environment)),
                flags.isStale());
    }

    /// A saved server, with what flags say besides: nothing that was meant for another one.
    static ApiAccess of(String profile, Flags flags, Surroundings surroundings)
            throws CommandFailedException {
        return of(profile, Profiles.open(surroundings).named(profile), flags, surroundings);
    }

    /// For a command that asks with no token, whichever is set for all commands: the file of one
    /// need not be there.
    static ApiAccess withoutToken(Optional<String> profile, Flags flags, Surroundings surroundings)
            throws CommandFailedException {
        var around = surroundings.withoutTokens();
        return profile.isPresent()
                ? of(
                        profile.get(),
                        Profiles.open(around).named(profile.get()).withoutToken(),
                        flags,
                        around)
                : of(flags, around);
    }

    private static ApiAccess of(
            String name, Profiles.Profile profile, Flags flags, Surroundings surroundings)
            throws CommandFailedException {
        var saved = profile.access(name, surroundings);
        return new ApiAccess(
                saved.base(),
                flags.token().isPresent() || flags.tokenFile().isPresent()
                        ? token(flags, surroundings)
                        : saved.token(),
                flags.tls().or(saved.tls()),
                flags.isStale());
    }

    /// At an address that somebody named, with nothing that was meant for another server.
    static ApiAccess at(String address) throws CommandFailedException {
        return new ApiAccess(parse(address, false), Optional.empty(), TlsFiles.NONE, false);
    }

    ApiAccess with(Optional<Token> other) {
        return new ApiAccess(base, other, tls, isStale);
    }

    ApiAccess certifiedBy(Optional<String> file) {
        return new ApiAccess(base, token, tls.certifiedBy(file), isStale);
    }

    ApiAccess named(String server) {
        return new ApiAccess(base, token, tls.named(server), isStale);
    }

    static Optional<String> first(Map<String, String> environment, String... names) {
        for (var name : names) {
            var value = environment.getOrDefault(name, "");
            if (!value.isBlank()) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    private static Optional<Token> token(Flags flags, Surroundings surroundings)
            throws CommandFailedException {
        if (flags.token().isPresent()) {
            return Optional.of(Token.of(flags.token().get(), "--token"));
        }
        if (flags.tokenFile().isPresent()) {
            return Optional.of(read(flags.tokenFile().get(), "--token-file", surroundings));
        }
        for (var name : new String[] {"HANSA_TOKEN", "CONSUL_HTTP_TOKEN"}) {
            var value = first(surroundings.environment(), name);
            if (value.isPresent()) {
                return Optional.of(Token.of(value.get(), name));
            }
            var fileName = name + "_FILE";
            var file = first(surroundings.environment(), fileName);
            if (file.isPresent()) {
                return Optional.of(read(file.get(), fileName, surroundings));
            }
        }
        return Optional.empty();
    }

    /// @param by the flag or variable that names the file
    static Token read(String file, String by, Surroundings surroundings)
            throws CommandFailedException {
        return Token.of(
                surroundings.text("token of " + by, file), by + " '" + PlainText.of(file) + "'");
    }

    private static URI parse(String address, boolean isTls) throws CommandFailedException {
        var url = address.contains("://") ? address : (isTls ? "https://" : "http://") + address;
        URI uri;
        try {
            uri = URI.create(url.replaceAll("/+$", ""));
        } catch (IllegalArgumentException e) {
            throw badAddress(address, e);
        }
        if (uri.getRawUserInfo() != null) {
            // it would be repeated with the address wherever that is named
            throw new CommandFailedException(
                    "HTTP address: expected no user and no password in it; found one (a token is given by HANSA_TOKEN_FILE or --token-file)");
        }
        if (uri.getHost() != null
                && (uri.getRawPath() == null || uri.getRawPath().isEmpty())
                && uri.getRawQuery() == null
                && uri.getRawFragment() == null
                && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
            return uri;
        }
        throw badAddress(address, null);
    }

    private static CommandFailedException badAddress(String address, @Nullable Throwable cause) {
        var message =
                "HTTP address: expected host:port or a URL such as "
                        + DEFAULT_ADDRESS
                        + "; found '"
                        // what stands before an @ may be a password
                        + PlainText.of(address.replaceFirst(".*@", "...@"))
                        + "' (set it by --http-addr or HANSA_HTTP_ADDR)";
        return cause == null
                ? new CommandFailedException(message)
                : new CommandFailedException(message, cause);
    }

    boolean isTls() {
        return "https".equals(base.getScheme());
    }

    /// Would somebody between here and there read the token?
    boolean sendsTokenInTheClear() {
        return token.isPresent() && isInTheClear();
    }

    boolean isInTheClear() {
        if (isTls()) {
            return false;
        }
        return !isLoopback(base.getHost());
    }

    /// Whether it says this machine: a name, but for `localhost`, may be anybody's.
    static boolean isLoopback(String host) {
        try {
            return host.equals("localhost")
                    || InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
        } catch (IllegalArgumentException _) {
            return false; // a name, which may begin as an address does
        }
    }

    /// For the sentence about a refusal: what was shown, and how to show another.
    String shown() {
        return token.map(held ->
                        "asked with the token of "
                                + held.source()
                                + "; name another by --token-file or HANSA_TOKEN_FILE")
                .orElse("asked without a token; set HANSA_TOKEN_FILE, HANSA_TOKEN or --token-file");
    }
}
