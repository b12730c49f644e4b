package dev.hansa.peering.api;

/// One method of one path. Runs on a thread of its own and may block.
@FunctionalInterface
interface ApiResource {
    ApiAnswer answer(ApiRequest request) throws RefusedRequestException, InterruptedException;
}
