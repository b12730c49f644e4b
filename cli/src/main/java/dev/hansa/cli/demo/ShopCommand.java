package dev.hansa.cli.demo;

import dev.hansa.cli.ParentWatch;
import dev.hansa.shop.ShopMain;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// One service of the demo shop; the environment tells it the rest.
@Command(
        name = "shop",
        hidden = true,
        synopsisHeading = "Usage: ",
        footer = {"", "Example:", "  hansa shop shippingservice"},
        description = "Run one service of the demo shop.",
        mixinStandardHelpOptions = true)
public final class ShopCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "SERVICE",
            description =
                    "frontend, cartservice, checkoutservice, shippingservice, paymentservice, redis-cart or debug")
    private String service = "";

    @Option(names = ParentWatch.FLAG, hidden = true, description = "End when standard input ends.")
    private boolean exitWithParent;

    @Override
    public Integer call() {
        return ShopMain.run(service, System.getenv());
    }
}
