package dev.hansa.peering.api;

import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.configentry.EntryAccess;
import java.util.List;

/// What a caller must be allowed before a route's resource runs at all. Each route has one; a test
/// walks them all.
sealed interface Ask {
    /// Whoever reaches the API: it tells nothing that a stranger must not know.
    ///
    /// @param ofAnyToken whether the token that is shown is not even looked at: one that is over
    ///   must not be in the way of its successor
    record Nothing(boolean ofAnyToken) implements Ask {}

    /// Anybody to whom at least something is allowed.
    record Something() implements Ask {}

    /// The resource asks, since it hangs on the body, or leaves out what the caller may not see.
    record TheResource() implements Ask {}

    /// Found out from the path and the query.
    record Of(Finder finder) implements Ask {}

    @FunctionalInterface
    interface Finder {
        /// @throws RefusedRequestException when the request says too little to know
        List<Need> needs(ApiRequest request) throws RefusedRequestException;
    }

    static Ask nothing() {
        return new Nothing(false);
    }

    static Ask nothingOfAnyToken() {
        return new Nothing(true);
    }

    static Ask something() {
        return new Something();
    }

    static Ask theResource() {
        return new TheResource();
    }

    static Ask read(Resource resource) {
        return new Of(_ -> List.of(Need.read(resource)));
    }

    static Ask write(Resource resource) {
        return new Of(_ -> List.of(Need.write(resource)));
    }

    /// Of the service that is named in the path; without a name the resource says what is missing.
    static Ask readService() {
        return new Of(request -> List.of(Need.read(Resource.SERVICE, request.part("service"))));
    }

    /// Of the config entry that the path names.
    static Ask readEntry() {
        return new Of(
                request -> List.of(EntryAccess.read(request.part("kind"), request.part("name"))));
    }

    static Ask writeEntry() {
        return new Of(
                request -> List.of(EntryAccess.write(request.part("kind"), request.part("name"))));
    }

    /// Of who may call the service that the query names as destination.
    static Ask intentions(boolean writes) {
        return new Of(request -> {
            var destination = IntentionResource.destination(request);
            return List.of(
                    writes
                            ? Need.write(Resource.INTENTIONS, destination)
                            : Need.read(Resource.INTENTIONS, destination));
        });
    }

    default boolean isOfAnyToken() {
        return this instanceof Nothing(var ofAnyToken) && ofAnyToken;
    }

    /// @throws RefusedRequestException 403, naming what is lacking
    default void of(ApiRequest request) throws RefusedRequestException {
        switch (this) {
            case Nothing _, TheResource _ -> {
                return;
            }
            case Something _ -> {
                if (request.caller().access().isNothing()) {
                    throw Caller.denied(
                            "Permission denied: expected a token that allows something; found '"
                                    + request.caller().access().accessor()
                                    + "', which allows nothing");
                }
            }
            case Of(var finder) -> {
                for (var need : finder.needs(request)) {
                    request.caller().require(need);
                }
            }
        }
    }
}
