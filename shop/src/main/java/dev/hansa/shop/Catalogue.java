package dev.hansa.shop;

import java.util.List;
import java.util.Optional;

/// What the shop sells. Fixed: the demo is about the calls, not about the goods.
final class Catalogue {
    static final List<Product> PRODUCTS =
            List.of(
                    new Product(
                            "OLJCESPC7Z",
                            "Sea chest",
                            "Oak, iron bands, one good lock. Holds a winter's clothing.",
                            18_900,
                            "#8a5a2b"),
                    new Product(
                            "66VCHSJNUP",
                            "Brass compass",
                            "A dry compass in a screw-top case. Swings true.",
                            4_250,
                            "#b8892d"),
                    new Product(
                            "1YMWWN1N4O",
                            "Ship's lantern",
                            "Copper and horn. Burns a night on one filling.",
                            7_399,
                            "#a8542f"),
                    new Product(
                            "L9ECAV7KIM",
                            "Wool mariner's coat",
                            "Undyed wool, tarred seams, bone toggles.",
                            12_600,
                            "#3c5a78"),
                    new Product(
                            "2ZYFJ3GM2N",
                            "Amber beads",
                            "Baltic amber on a linen thread.",
                            3_120,
                            "#d98e1f"),
                    new Product(
                            "0PUK6V6EV0",
                            "Salted herring, keg",
                            "From Scania, packed in one season.",
                            1_899,
                            "#6f8f8a"),
                    new Product(
                            "LS4PSXUNUM",
                            "Beeswax candles",
                            "Six, a hand long, from the woods of Novgorod.",
                            1_049,
                            "#c9ab4d"),
                    new Product(
                            "9SIQT8TOJO",
                            "Merchant's scales",
                            "Folding balance with a set of weights in a box.",
                            5_575,
                            "#5d6b3a"));

    private Catalogue() {}

    /// A thing for sale.
    record Product(String id, String name, String text, long cents, String colour) {}

    static Optional<Product> find(String id) {
        return PRODUCTS.stream().filter(product -> product.id().equals(id)).findFirst();
    }

    static long cents(String id) {
        return find(id).map(Product::cents).orElse(0L);
    }
}
