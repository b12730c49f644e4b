package dev.hansa.shop;

import dev.hansa.shop.wire.CartItem;
import dev.hansa.shop.wire.ChargeRequest;
import dev.hansa.shop.wire.EmptyCartRequest;
import dev.hansa.shop.wire.GetCartRequest;
import dev.hansa.shop.wire.GetQuoteRequest;
import dev.hansa.shop.wire.OrderItem;
import dev.hansa.shop.wire.OrderResult;
import dev.hansa.shop.wire.PlaceOrderRequest;
import dev.hansa.shop.wire.PlaceOrderResponse;
import dev.hansa.shop.wire.ShipOrderRequest;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.UUID;

/// Turns a cart into an order: quote, charge, ship, empty the cart.
final class CheckoutService {
    static final int PORT = 5050;

    private final Upstream carts;
    private final Upstream shipping;
    private final Upstream payment;

    private CheckoutService(Upstream carts, Upstream shipping, Upstream payment) {
        this.carts = carts;
        this.shipping = shipping;
        this.payment = payment;
    }

    static ShopService start(ShopEnvironment environment) throws IOException {
        var checkout =
                new CheckoutService(
                        new Upstream(
                                "cartservice",
                                environment.upstream("CART_SERVICE_ADDR", "127.0.0.1:7070")),
                        new Upstream(
                                "shippingservice",
                                environment.upstream("SHIPPING_SERVICE_ADDR", "127.0.0.1:50051")),
                        new Upstream(
                                "paymentservice",
                                environment.upstream("PAYMENT_SERVICE_ADDR", "127.0.0.1:50051")));
        var service = ServerServiceDefinition.builder(ShopRpc.CHECKOUT_SERVICE);
        GrpcServer.method(service, ShopRpc.PLACE_ORDER, checkout::placeOrder);
        return GrpcServer.start(
                environment.datacenter(), environment.listen(PORT), service.build());
    }

    private PlaceOrderResponse placeOrder(PlaceOrderRequest request) {
        var cart =
                call(
                        carts,
                        ShopRpc.GET_CART,
                        GetCartRequest.newBuilder().setUserId(request.getUserId()).build());
        if (cart.getItemsCount() == 0) {
            throw Status.FAILED_PRECONDITION
                    .withDescription("the cart is empty")
                    .asRuntimeException();
        }
        var items = cart.getItemsList();
        var quote =
                call(
                        shipping,
                        ShopRpc.GET_QUOTE,
                        GetQuoteRequest.newBuilder()
                                .setAddress(request.getAddress())
                                .addAllItems(items)
                                .build());
        var goods = items.stream().mapToLong(CheckoutService::cents).sum();
        call(
                payment,
                ShopRpc.CHARGE,
                ChargeRequest.newBuilder()
                        .setAmount(Prices.usd(goods + Prices.cents(quote.getCostUsd())))
                        .setCreditCard(request.getCreditCard())
                        .build());
        var shipped =
                call(
                        shipping,
                        ShopRpc.SHIP_ORDER,
                        ShipOrderRequest.newBuilder()
                                .setAddress(request.getAddress())
                                .addAllItems(items)
                                .build());
        call(
                carts,
                ShopRpc.EMPTY_CART,
                EmptyCartRequest.newBuilder().setUserId(request.getUserId()).build());
        var order =
                OrderResult.newBuilder()
                        .setOrderId(UUID.randomUUID().toString())
                        .setShippingTrackingId(shipped.getTrackingId())
                        .setShippingCost(quote.getCostUsd())
                        .setShippingAddress(request.getAddress());
        items.forEach(item ->
                order.addItems(
                        OrderItem.newBuilder().setItem(item).setCost(Prices.usd(cents(item)))));
        return PlaceOrderResponse.newBuilder().setOrder(order).build();
    }

    private static <Q, A> A call(Upstream upstream, MethodDescriptor<Q, A> method, Q request) {
        try {
            var answer = upstream.call(method, request);
            GrpcServer.answeredBy(upstream.service(), answer.datacenter());
            return answer.message();
        } catch (StatusRuntimeException e) {
            var description = e.getStatus().getDescription();
            throw e.getStatus()
                    .withDescription(
                            upstream.service()
                                    + " failed"
                                    + (description == null ? "" : ": " + description))
                    .asRuntimeException();
        }
    }

    private static long cents(CartItem item) {
        return Catalogue.cents(item.getProductId()) * item.getQuantity();
    }
}
