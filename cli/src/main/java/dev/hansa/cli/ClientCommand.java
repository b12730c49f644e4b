package dev.hansa.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;

/// A command that asks a server over its HTTP API, prints the answer and ends.
abstract class ClientCommand extends ShortCommand {
    @Mixin private AccessOptions access = new AccessOptions();

    ClientCommand(Surroundings surroundings) {
        super(surroundings);
    }

    /// Does the work; every failure is one sentence.
    abstract void run(ApiClient api, PrintWriter out)
            throws CommandFailedException, InterruptedException;

    @Override
    final void work() throws CommandFailedException, InterruptedException {
        var tokenFile = apiTokenFile();
        if (access.hasToken() && tokenFile.isPresent()) {
            throw usage("token: expected --token or --token-file; found both");
        }
        var mistake = access.mistake(surroundings().environment());
        if (mistake.isPresent()) {
            throw usage(mistake.get());
        }
        var flags = access.flags(tokenFile);
        var profile = access.profile();
        if (profile.isPresent() && flags.address().isPresent()) {
            throw usage("server: expected --profile or --http-addr; found both");
        }
        var api = client(way(profile, flags));
        if (access.datacenter().isPresent()) {
            requireHere(api, access.datacenter().get());
        }
        run(api, surroundings().out());
    }

    /// A server answers for its own datacenter alone: peers are others', and have servers of
    /// theirs.
    ///
    /// @throws CommandFailedException when the server is of another one than `name`
    static void requireHere(ApiClient api, String name)
            throws CommandFailedException, InterruptedException {
        // each server knows its own
        var own = Json.texts(api.json("/v1/catalog/datacenters?stale"));
        if (own.isEmpty() || !own.getFirst().equals(name)) {
            throw new CommandFailedException(
                    "datacenter: expected '"
                            + (own.isEmpty() ? "" : PlainText.of(own.getFirst()))
                            + "', which is that of the server at "
                            + api.address()
                            + "; found '"
                            + PlainText.of(name)
                            + "' (name a server of that one by --http-addr)");
        }
    }

    private ApiAccess way(Optional<String> profile, ApiAccess.Flags flags)
            throws CommandFailedException {
        if (!showsToken()) {
            if (flags.token().isPresent() || flags.tokenFile().isPresent()) {
                throw usage("token: expected neither --token nor --token-file; found one");
            }
            return ApiAccess.withoutToken(profile, flags, surroundings());
        }
        return profile.isPresent()
                ? ApiAccess.of(profile.get(), flags, surroundings())
                : ApiAccess.of(flags, surroundings());
    }

    /// Whether it asks with a token; no token is read for one that does not.
    boolean showsToken() {
        return true;
    }

    /// The file with the token to ask with; for all commands but one that is what the flag says.
    Optional<String> apiTokenFile() {
        return access.tokenFile();
    }

    /// What `--token-file` says, whatever it means.
    final Optional<String> tokenFile() {
        return access.tokenFile();
    }

    /// The non-empty ones of `values` as an object under `key`; nothing where there are none.
    static void putMap(ObjectNode body, String key, Map<String, String> values) {
        if (!values.isEmpty()) {
            var object = body.putObject(key);
            values.forEach(object::put);
        }
    }
}
