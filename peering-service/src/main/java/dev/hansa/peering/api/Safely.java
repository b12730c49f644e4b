package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.StoreFailure;
import java.util.function.Consumer;

/// What a caller is told, whatever becomes of the work for the request.
record Safely(Doorkeeper doorkeeper, Consumer<PeeringEvent> events) {
    @FunctionalInterface
    interface Work {
        ApiAnswer run() throws RefusedRequestException, InterruptedException;
    }

    ApiAnswer answer(Work work) {
        try {
            return work.run();
        } catch (RefusedRequestException e) {
            doorkeeper.note(e);
            return ApiAnswer.of(e);
        } catch (StoreFailure e) {
            events.accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
            return ApiAnswer.text(500, String.valueOf(e.getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return ApiAnswer.text(503, "server is stopping");
        } catch (RuntimeException e) {
            // A defect of ours: told in full to the log, in one word to the caller.
            events.accept(new PeeringEvent.BackgroundFailure("API request", e));
            return ApiAnswer.text(500, "internal error");
        }
    }
}
