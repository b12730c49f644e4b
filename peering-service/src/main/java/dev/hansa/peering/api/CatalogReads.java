package dev.hansa.peering.api;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.store.Store;
import java.util.function.Function;

/// Answers from the catalog, now or after a change of it.
record CatalogReads(Latest<CatalogSnapshot> catalog, Store store, BlockingReads reads) {
    ApiAnswer read(ApiRequest request, Function<CatalogView, ApiAnswer> answer)
            throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.CATALOG,
                () -> answer.apply(new CatalogView(catalog.get(), store.now(), request.caller())));
    }

    /// @throws RefusedRequestException when the path has none
    static String nodeName(ApiRequest request) throws RefusedRequestException {
        var name = request.part("node");
        if (name.isEmpty()) {
            throw RefusedRequestException.bad("Missing node name");
        }
        return name;
    }
}
