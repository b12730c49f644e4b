package dev.hansa.shop;

import dev.hansa.shop.wire.AddItemRequest;
import dev.hansa.shop.wire.Cart;
import dev.hansa.shop.wire.CartItem;
import dev.hansa.shop.wire.Empty;
import dev.hansa.shop.wire.EmptyCartRequest;
import dev.hansa.shop.wire.GetCartRequest;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.IOException;
import java.util.List;

/// Keeps carts in redis-cart: a hash per user, product to quantity.
final class CartService {
    static final int PORT = 7070;

    /// More pieces of one thing than anyone buys; keeps sums far from overflow.
    private static final int MAX_QUANTITY = 1_000;

    /// A cart that nobody came back to within a day is forgotten.
    private static final String CART_SECONDS = "86400";

    private final RedisClient redis;

    private CartService(RedisClient redis) {
        this.redis = redis;
    }

    static ShopService start(ShopEnvironment environment) throws IOException {
        var carts =
                new CartService(
                        new RedisClient(environment.upstream("REDIS_ADDR", "127.0.0.1:6379")));
        var service = ServerServiceDefinition.builder(ShopRpc.CART_SERVICE);
        GrpcServer.method(service, ShopRpc.ADD_ITEM, carts::add);
        GrpcServer.method(service, ShopRpc.GET_CART, carts::find);
        GrpcServer.method(service, ShopRpc.EMPTY_CART, carts::empty);
        return GrpcServer.start(
                environment.datacenter(), environment.listen(PORT), service.build());
    }

    private Empty add(AddItemRequest request) {
        var item = request.getItem();
        if (item.getQuantity() < 1 || item.getQuantity() > MAX_QUANTITY) {
            throw Status.INVALID_ARGUMENT
                    .withDescription(
                            "quantity: expected 1 to "
                                    + MAX_QUANTITY
                                    + "; found '"
                                    + item.getQuantity()
                                    + "'")
                    .asRuntimeException();
        }
        var key = key(request.getUserId());
        command("HINCRBY", key, item.getProductId(), Integer.toString(item.getQuantity()));
        command("EXPIRE", key, CART_SECONDS);
        return Empty.getDefaultInstance();
    }

    private Cart find(GetCartRequest request) {
        var cart = Cart.newBuilder().setUserId(request.getUserId());
        if (command("HGETALL", key(request.getUserId())) instanceof List<?> fields) {
            for (var i = 0; i + 1 < fields.size(); i += 2) {
                cart.addItems(
                        CartItem.newBuilder()
                                .setProductId(String.valueOf(fields.get(i)))
                                .setQuantity(Integer.parseInt(String.valueOf(fields.get(i + 1)))));
            }
        }
        return cart.build();
    }

    private Empty empty(EmptyCartRequest request) {
        command("DEL", key(request.getUserId()));
        return Empty.getDefaultInstance();
    }

    private Object command(String... words) {
        try {
            return redis.command(words);
        } catch (IOException e) {
            throw Status.UNAVAILABLE
                    .withDescription("redis-cart: " + e.getMessage())
                    .withCause(e)
                    .asRuntimeException();
        }
    }

    private static String key(String user) {
        if (user.isEmpty() || user.length() > 128) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("user_id: expected 1 to 128 characters")
                    .asRuntimeException();
        }
        return "cart:" + user;
    }
}
