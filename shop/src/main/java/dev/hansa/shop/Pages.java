package dev.hansa.shop;

import dev.hansa.shop.Catalogue.Product;
import dev.hansa.shop.Frontend.Answered;
import dev.hansa.shop.wire.CartItem;
import dev.hansa.shop.wire.OrderResult;
import java.util.List;

/// The shop's HTML. Everything that comes from elsewhere passes through [#escape].
final class Pages {
    private static final String STYLE =
            """
            :root{color-scheme:light;--ink:#22303c;--paper:#f6f3ec;--line:#d8d2c4;--red:#a3271f;--green:#2d6a4f}
            *{box-sizing:border-box}
            body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 Georgia,'Times New Roman',serif}
            header{background:var(--red);color:#fff;padding:14px 24px;display:flex;gap:24px;align-items:baseline}
            header a{color:#fff;text-decoration:none}
            header .name{font-size:24px;letter-spacing:.04em}
            header .where{margin-left:auto;font:13px/1 ui-monospace,monospace;opacity:.9}
            main{max-width:960px;margin:0 auto;padding:24px}
            h1{font-weight:normal;font-size:30px;margin:.2em 0 .6em}
            .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:18px}
            .card{background:#fff;border:1px solid var(--line);border-radius:6px;overflow:hidden;text-decoration:none;color:inherit;display:block}
            .card:hover{border-color:var(--red)}
            .art{height:110px;display:block}
            .card div{padding:12px 14px}
            .price{color:var(--red)}
            table{width:100%;border-collapse:collapse;background:#fff;border:1px solid var(--line)}
            td,th{padding:10px 14px;text-align:left;border-bottom:1px solid var(--line)}
            td.sum,th.sum{text-align:right;font-variant-numeric:tabular-nums}
            button{background:var(--red);color:#fff;border:0;border-radius:4px;padding:10px 18px;font:inherit;cursor:pointer}
            input,select{font:inherit;padding:8px;border:1px solid var(--line);border-radius:4px;background:#fff}
            form.order{display:grid;grid-template-columns:1fr 1fr;gap:12px;margin-top:20px}
            label{display:grid;gap:4px;font-size:14px}
            .failure{background:#fff;border-left:6px solid var(--red);padding:16px 20px}
            .answered{margin-top:28px;font:13px/1.7 ui-monospace,monospace;color:#5b6770}
            .answered b{color:var(--green)}
            """;

    private Pages() {}

    static String products(String datacenter) {
        var cards = new StringBuilder("<h1>Goods from every port</h1><div class=grid>");
        for (var product : Catalogue.PRODUCTS) {
            cards.append("<a class=card href=\"/product/")
                    .append(escape(product.id()))
                    .append("\">")
                    .append(art(product))
                    .append("<div>")
                    .append(escape(product.name()))
                    .append("<br><span class=price>")
                    .append(Prices.text(product.cents()))
                    .append("</span></div></a>");
        }
        return page(datacenter, "Goods", cards.append("</div>").toString(), List.of());
    }

    static String product(String datacenter, Product product) {
        return page(
                datacenter,
                product.name(),
                """
                <h1>%s</h1><div class=card>%s<div><p>%s</p><p class=price>%s</p>
                <form method=post action="/cart"><input type=hidden name=product_id value="%s">
                <label>Quantity <select name=quantity><option>1<option>2<option>3<option>5<option>10</select></label>
                <p><button>Add to cart</button></p></form></div></div>
                """
                        .formatted(
                                escape(product.name()),
                                art(product),
                                escape(product.text()),
                                Prices.text(product.cents()),
                                escape(product.id())),
                List.of());
    }

    static String cart(
            String datacenter, List<CartItem> items, long shippingCents, List<Answered> answered) {
        var rows = new StringBuilder();
        var goods = 0L;
        for (var item : items) {
            var cents = Catalogue.cents(item.getProductId()) * item.getQuantity();
            goods += cents;
            row(
                    rows,
                    name(item.getProductId()),
                    Integer.toString(item.getQuantity()),
                    Prices.text(cents));
        }
        row(rows, "Shipping", "", Prices.text(shippingCents));
        row(rows, "Total", "", Prices.text(goods + shippingCents));
        var form =
                items.isEmpty()
                        ? "<p>Your cart is empty. <a href=\"/\">Look around</a>.</p>"
                        : """
                        <form class=order method=post action="/cart/checkout">
                        <label>E-mail <input name=email type=email value="someone@example.com"></label>
                        <label>Street <input name=street_address value="Breite Strasse 6"></label>
                        <label>City <input name=city value="Luebeck"></label>
                        <label>Country <input name=country value="Germany"></label>
                        <label>Card number <input name=credit_card_number value="4432-8015-6152-0454"></label>
                        <p><button>Place order</button></p></form>
                        """;
        return page(
                datacenter,
                "Cart",
                "<h1>Your cart</h1><table><tr><th>Item<th class=sum>Quantity<th class=sum>Price</tr>"
                        + rows
                        + "</table>"
                        + form,
                answered);
    }

    static String order(String datacenter, OrderResult order, List<Answered> answered) {
        var rows = new StringBuilder();
        for (var item : order.getItemsList()) {
            row(
                    rows,
                    name(item.getItem().getProductId()),
                    Integer.toString(item.getItem().getQuantity()),
                    Prices.text(Prices.cents(item.getCost())));
        }
        row(rows, "Shipping", "", Prices.text(Prices.cents(order.getShippingCost())));
        return page(
                datacenter,
                "Order",
                "<h1>Your order is complete</h1><p>Order <code>%s</code>, tracking <code id=tracking>%s</code></p><table>%s</table>"
                        .formatted(
                                escape(order.getOrderId()),
                                escape(order.getShippingTrackingId()),
                                rows),
                answered);
    }

    static String failure(String datacenter, String message, List<Answered> answered) {
        return page(
                datacenter,
                "Something failed",
                "<h1>Uh, oh!</h1><div class=failure><p>Something has failed. Below is what the shop knows about it.</p><pre id=failure>"
                        + escape(message)
                        + "</pre></div>",
                answered);
    }

    static String message(String datacenter, String message) {
        return page(
                datacenter,
                "Hansa Boutique",
                "<p class=failure>" + escape(message) + "</p>",
                List.of());
    }

    private static String page(
            String datacenter, String title, String body, List<Answered> answered) {
        var who =
                new StringBuilder("<p class=answered>page by <b>frontend</b> in <b>")
                        .append(escape(datacenter))
                        .append("</b>");
        answered.forEach(one ->
                who.append("<br><b>")
                        .append(escape(one.service()))
                        .append("</b> answered from <b>")
                        .append(escape(one.datacenter()))
                        .append("</b>"));
        return """
        <!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">
        <title>%s - Hansa Boutique</title><style>%s</style>
        <header><a class=name href="/">Hansa Boutique</a><a href="/cart">Cart</a><span class=where>%s</span></header>
        <main>%s%s</main></html>
        """
                .formatted(escape(title), STYLE, escape(datacenter), body, who.append("</p>"));
    }

    private static void row(StringBuilder rows, String name, String quantity, String price) {
        rows.append("<tr><td>")
                .append(escape(name))
                .append("<td class=sum>")
                .append(escape(quantity))
                .append("<td class=sum>")
                .append(price)
                .append("</tr>");
    }

    private static String name(String productId) {
        return Catalogue.find(productId).map(Product::name).orElse(productId);
    }

    private static String art(Product product) {
        return "<span class=art style=\"background:linear-gradient(135deg,"
                + escape(product.colour())
                + ",#fff8)\"></span>";
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
