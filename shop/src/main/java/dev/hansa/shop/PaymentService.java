package dev.hansa.shop;

import dev.hansa.shop.wire.ChargeResponse;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.IOException;
import java.util.UUID;

/// Charges a card at the processor that its environment names; without one it refuses to start.
final class PaymentService {
    static final int PORT = 50051;

    private PaymentService() {}

    static ShopService start(ShopEnvironment environment) throws IOException {
        var processor =
                environment.required(
                        "PAYMENT_PROCESSOR", "the name of the processor that charges cards");
        var service = ServerServiceDefinition.builder(ShopRpc.PAYMENT_SERVICE);
        GrpcServer.method(
                service,
                ShopRpc.CHARGE,
                request -> {
                    if (!request.getCreditCard()
                            .getCreditCardNumber()
                            .replace("-", "")
                            .matches("\\d{12,19}")) {
                        throw Status.INVALID_ARGUMENT
                                .withDescription(
                                        "card refused by "
                                                + processor
                                                + ": expected 12 to 19 digits")
                                .asRuntimeException();
                    }
                    return ChargeResponse.newBuilder()
                            .setTransactionId(processor + "-" + UUID.randomUUID())
                            .build();
                });
        return GrpcServer.start(
                environment.datacenter(), environment.listen(PORT), service.build());
    }
}
