package dev.hansa.peering.api;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.configentry.ConfigEntries.StoredIntention;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.PeerName;
import java.util.Optional;
import java.util.regex.Pattern;

/// Who is meant by a rule, as a text names it.
record IntentionPair(String source, Optional<PeerName> peer, String destination) {
    private static final Pattern DEFAULTS = Pattern.compile("^(default/){1,2}(?=[^/]*$)");

    static IntentionPair of(Intention intention) {
        return new IntentionPair(
                intention.source(), intention.sourcePeer(), intention.destination());
    }

    /// As a query names it.
    static IntentionPair of(ApiRequest request) throws RefusedRequestException {
        return of(wanted(request, "source"), wanted(request, "destination"));
    }

    static IntentionPair of(String source, String destination) throws RefusedRequestException {
        if (destination.startsWith("peer:")) {
            throw RefusedRequestException.bad(
                    "destination \""
                            + ForeignText.shown(destination)
                            + "\" is invalid: cannot specify a peer here");
        }
        if (!source.startsWith("peer:")) {
            return new IntentionPair(local(source), Optional.empty(), local(destination));
        }
        var slash = source.indexOf('/');
        if (slash < 0) {
            throw RefusedRequestException.bad(
                    "source: expected <service> or peer:<peer>/<service>; found '"
                            + ForeignText.shown(source)
                            + "'");
        }
        var peer = ApiRequest.read(source.substring("peer:".length(), slash), PeerName::of);
        return new IntentionPair(
                local(source.substring(slash + 1)), Optional.of(peer), local(destination));
    }

    /// A name, maybe with the one namespace that there is, and that with the one partition.
    static String local(String name) throws RefusedRequestException {
        var bare = DEFAULTS.matcher(name).replaceFirst("");
        return bare.equals(Intention.ANY) ? bare : ApiRequest.read(bare, ServiceName::new).value();
    }

    /// @throws RefusedRequestException 500 when the query does not have it, as Consul
    static String wanted(ApiRequest request, String parameter) throws RefusedRequestException {
        var value = request.parameter(parameter).orElse("");
        if (value.isEmpty()) {
            throw new RefusedRequestException(
                    500, "required query parameter '" + parameter + "' not set");
        }
        return value;
    }

    /// A sameness group's rule names no pair of its own.
    boolean isStated(StoredIntention stored) {
        return stored.samenessGroup().isEmpty() && of(stored.intention()).equals(this);
    }

    /// As a query names it.
    String from() {
        return peer.map(one -> "peer:" + one + "/").orElse("") + source;
    }
}
