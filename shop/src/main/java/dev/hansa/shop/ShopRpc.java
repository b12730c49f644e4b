package dev.hansa.shop;

import com.google.protobuf.Message;
import dev.hansa.shop.wire.AddItemRequest;
import dev.hansa.shop.wire.Cart;
import dev.hansa.shop.wire.ChargeRequest;
import dev.hansa.shop.wire.ChargeResponse;
import dev.hansa.shop.wire.Empty;
import dev.hansa.shop.wire.EmptyCartRequest;
import dev.hansa.shop.wire.GetCartRequest;
import dev.hansa.shop.wire.GetQuoteRequest;
import dev.hansa.shop.wire.GetQuoteResponse;
import dev.hansa.shop.wire.PlaceOrderRequest;
import dev.hansa.shop.wire.PlaceOrderResponse;
import dev.hansa.shop.wire.ShipOrderRequest;
import dev.hansa.shop.wire.ShipOrderResponse;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;

/// The methods of the shop's services and the metadata beside their answers.
public final class ShopRpc {
    /// Which datacenter answered. Metadata, so that the messages stay those of Online Boutique.
    public static final Metadata.Key<String> DATACENTER =
            Metadata.Key.of("x-datacenter", Metadata.ASCII_STRING_MARSHALLER);

    /// Who answered the calls that the answering service made itself: `service=datacenter` pairs,
    /// separated by commas.
    public static final Metadata.Key<String> ANSWERED_BY =
            Metadata.Key.of("x-answered-by", Metadata.ASCII_STRING_MARSHALLER);

    public static final String CART_SERVICE = "hipstershop.CartService";
    public static final String SHIPPING_SERVICE = "hipstershop.ShippingService";
    public static final String PAYMENT_SERVICE = "hipstershop.PaymentService";
    public static final String CHECKOUT_SERVICE = "hipstershop.CheckoutService";

    public static final MethodDescriptor<AddItemRequest, Empty> ADD_ITEM =
            unary(
                    CART_SERVICE,
                    "AddItem",
                    AddItemRequest.getDefaultInstance(),
                    Empty.getDefaultInstance());
    public static final MethodDescriptor<GetCartRequest, Cart> GET_CART =
            unary(
                    CART_SERVICE,
                    "GetCart",
                    GetCartRequest.getDefaultInstance(),
                    Cart.getDefaultInstance());
    public static final MethodDescriptor<EmptyCartRequest, Empty> EMPTY_CART =
            unary(
                    CART_SERVICE,
                    "EmptyCart",
                    EmptyCartRequest.getDefaultInstance(),
                    Empty.getDefaultInstance());
    public static final MethodDescriptor<GetQuoteRequest, GetQuoteResponse> GET_QUOTE =
            unary(
                    SHIPPING_SERVICE,
                    "GetQuote",
                    GetQuoteRequest.getDefaultInstance(),
                    GetQuoteResponse.getDefaultInstance());
    public static final MethodDescriptor<ShipOrderRequest, ShipOrderResponse> SHIP_ORDER =
            unary(
                    SHIPPING_SERVICE,
                    "ShipOrder",
                    ShipOrderRequest.getDefaultInstance(),
                    ShipOrderResponse.getDefaultInstance());
    public static final MethodDescriptor<ChargeRequest, ChargeResponse> CHARGE =
            unary(
                    PAYMENT_SERVICE,
                    "Charge",
                    ChargeRequest.getDefaultInstance(),
                    ChargeResponse.getDefaultInstance());
    public static final MethodDescriptor<PlaceOrderRequest, PlaceOrderResponse> PLACE_ORDER =
            unary(
                    CHECKOUT_SERVICE,
                    "PlaceOrder",
                    PlaceOrderRequest.getDefaultInstance(),
                    PlaceOrderResponse.getDefaultInstance());

    private ShopRpc() {}

    private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> unary(
            String service, String method, Q request, A answer) {
        return MethodDescriptor.<Q, A>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(service, method))
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(answer))
                .build();
    }
}
