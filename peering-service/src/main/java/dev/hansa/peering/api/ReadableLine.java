package dev.hansa.peering.api;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;

/// Refuses paths and queries that cannot be decoded, such as `%zz`: a caller's mistake, of which
/// whoever looks at them later tells the log as of a defect.
final class ReadableLine implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext call) {
        try {
            call.normalizedPath();
            call.queryParams();
        } catch (IllegalArgumentException | HttpException _) {
            AnswerWriter.plain(
                    call, 400, "request: expected one that can be read; found otherwise");
            return;
        }
        call.next();
    }
}
