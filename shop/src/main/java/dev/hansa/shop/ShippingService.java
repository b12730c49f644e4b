package dev.hansa.shop;

import dev.hansa.shop.wire.CartItem;
import dev.hansa.shop.wire.GetQuoteResponse;
import dev.hansa.shop.wire.ShipOrderResponse;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/// Says what a shipment costs, and ships. The service whose failure the demo tells of.
final class ShippingService {
    static final int PORT = 50051;

    private static final long BASE_CENTS = 899;
    private static final long FURTHER_ITEM_CENTS = 50;

    private ShippingService() {}

    static ShopService start(ShopEnvironment environment) throws IOException {
        var datacenter = environment.datacenter();
        var service = ServerServiceDefinition.builder(ShopRpc.SHIPPING_SERVICE);
        GrpcServer.method(
                service,
                ShopRpc.GET_QUOTE,
                request ->
                        GetQuoteResponse.newBuilder()
                                .setCostUsd(Prices.usd(quoteCents(request.getItemsList())))
                                .build());
        GrpcServer.method(
                service,
                ShopRpc.SHIP_ORDER,
                request ->
                        ShipOrderResponse.newBuilder()
                                .setTrackingId(trackingId(datacenter))
                                .build());
        return GrpcServer.start(datacenter, environment.listen(PORT), service.build());
    }

    /// A base price and a little for each further piece; nothing to ship costs nothing.
    static long quoteCents(List<CartItem> items) {
        var pieces = items.stream().mapToLong(CartItem::getQuantity).sum();
        return pieces <= 0 ? 0 : BASE_CENTS + FURTHER_ITEM_CENTS * (pieces - 1);
    }

    private static String trackingId(String datacenter) {
        return datacenter.toUpperCase(Locale.ROOT)
                + "-"
                + UUID.randomUUID().toString().substring(0, 13);
    }
}
