package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two operators with a browser each, in front of two real datacenters: they peer them, see what is
/// exported, and watch a failover of the demo's shop, which goes on selling, and its end. No page
/// is loaded twice.
class UiIT {
    private static final String SHIPPING_HOST = PeeredPair.EKS + ".11";
    private static final SidecarFile SHIPPING =
            new SidecarFile(
                    "eks-shipping",
                    UiShop.SHIPPING,
                    SHIPPING_HOST,
                    PeeredPair.EKS + ".4",
                    SHIPPING_HOST + ":" + PeeredPair.APP_PORT,
                    "");
    private static final String LIVE_HERE = "li.step.live[data-target='shippingservice']";
    private static final String LIVE_THERE = "li.step.live[data-target='shippingservice.peer.lke']";
    private static final String EVENT = "table.events tbody tr[data-turn='%s']";
    private static final int MANY = 5000;
    private static final InetSocketAddress UPSTREAM =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    private static String ui(String prefix, String page) {
        return "http://" + prefix + ".1:8500/ui/#/" + page;
    }

    @Test
    void operatorsPeerTwoDatacentersAndWatchAFailover(@TempDir Path folder) throws Exception {
        var begun = System.nanoTime();
        try (var browser = UiBrowser.start();
                var pair = new PeeredPair(folder);
                var shop = new UiShop(UPSTREAM, SHIPPING_HOST)) {
            shop.open();
            pair.startServers();
            pair.startProxies(
                    "eks",
                    PeeredPair.EKS,
                    UiShop.FRONT,
                    UiShop.SHIPPING + ":" + PeeredPair.UPSTREAM_PORT);
            pair.startProxies("lke", PeeredPair.LKE, UiShop.SHIPPING, "");
            pair.startBeside(PeeredPair.EKS, SHIPPING);
            awaitQuiet(pair);
            var eks = browser.open("http://" + PeeredPair.EKS + ".1:8500/");
            var lke = browser.open(ui(PeeredPair.LKE, "peers"));
            peeringBeginsInTwoPages(eks, lke);
            exportAppears(eks, lke);
            intentionIsWritten(eks);
            chainIsDrawn(eks);
            new UiTalk(pair, UiShop.SHIPPING, UiShop.FRONT).isSeenAndRuled(eks, UPSTREAM);
            UiTalk.lateRenewalIsSeen(eks, UiShop.SHIPPING + "-" + SHIPPING.name(), SHIPPING.name());
            failoverIsWatched(browser, pair, shop, eks);
            strangersTextsStayTexts(pair, eks);
            manyServicesAreQuick(eks);
            peeringIsDeleted(eks, lke);
            assertThat(browser.complaints()).isEmpty();
        }
        System.out.printf(
                "UiIT: %d s, pictures in %s%n",
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun),
                Checkout.ROOT.resolve("tests/multicluster/target/ui"));
    }

    /// A machine that starts seven processes at once answers too late for a token.
    private static void awaitQuiet(PeeredPair pair) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> {
                    var all = 0;
                    for (var prefix : List.of(PeeredPair.EKS, PeeredPair.LKE)) {
                        all += pair.passingGateways(prefix);
                        all +=
                                pair.call(
                                                prefix,
                                                "GET",
                                                "/v1/health/connect/shippingservice?passing",
                                                "")
                                        .size();
                    }
                    return all == 4;
                });
    }

    private static Locator cells(Page page, String peer) {
        return page.locator("table.list tbody tr")
                .filter(new Locator.FilterOptions().setHasText(peer));
    }

    private static void peeringBeginsInTwoPages(Page eks, Page lke) throws IOException {
        // whoever asks for nothing comes to the overview
        assertThat(eks).hasTitle("Overview · eks · Hansa");
        assertThat(eks).hasURL(Pattern.compile(".*/ui/.*"));
        UiBrowser.go(eks, "Peers");
        for (var page : new Page[] {eks, lke}) {
            assertThat(page.locator(".empty-title")).hasText("No peer yet");
            // gone if the page were loaded again
            page.evaluate("window.sameAsEver = true");
        }

        UiBrowser.button(lke, "Generate token").click();
        lke.getByLabel("Name of the other datacenter").fill("eks");
        lke.locator("dialog[open] button[type=submit]").click();
        assertThat(lke.locator(".timer")).containsText(Pattern.compile("expires in 59:[0-5][0-9]"));
        var token =
                lke.getByLabel("Peering token", new Page.GetByLabelOptions().setExact(true))
                        .inputValue();
        var words = lke.locator(".words").textContent();
        UiBrowser.assertAccessible(lke);
        UiBrowser.picture(lke, "token.png");
        UiPeers.tokenIsCopied(lke, token);
        assertThat(cells(lke, "eks").locator(".badge")).hasText("pending");
        assertThat(cells(lke, "eks").locator(".heard")).hasText("never");

        UiBrowser.button(eks, "Establish peering").click();
        var pasted = eks.getByLabel("Peering token of the other datacenter");
        pasted.fill(token.substring(0, token.length() / 2));
        assertThat(eks.locator("dialog .problem")).containsText("no peering token");
        pasted.fill(token);
        var says =
                eks.getByRole(
                        AriaRole.REGION,
                        new Page.GetByRoleOptions().setName("What the token says"));
        assertThat(says).containsText("Made bylke");
        assertThat(says).containsText("Made foranybody");
        assertThat(says).containsText(PeeredPair.LKE + ".1:8503");
        assertThat(says).containsText(Pattern.compile("59:[0-5][0-9] left"));
        // computed here, told by the other server
        assertThat(says.locator(".words")).hasText(words);
        assertThat(eks.getByLabel("Name of the peer here")).hasValue("lke");
        UiBrowser.assertAccessible(eks);
        UiBrowser.picture(eks, "establish.png");
        // another's token, by what its operator says: refused before it is used, and good still
        var told = eks.getByLabel("Fingerprint that its operator has told you");
        told.fill("0000 0000");
        eks.locator("dialog[open] button[type=submit]").click();
        assertThat(eks.locator("dialog[open] .problem"))
                .containsText("expected fingerprint '0000 0000'");
        assertThat(cells(lke, "eks").locator(".badge")).hasText("pending");
        told.fill(words);
        eks.locator("dialog[open] button[type=submit]").click();

        assertThat(lke.locator("dialog .done")).containsText("the peering is active");
        UiBrowser.button(lke, "Done").click();
        assertThat(cells(eks, "lke").locator(".badge")).hasText("active");
        assertThat(cells(lke, "eks").locator(".badge")).hasText("active");
        for (var page : new Page[] {eks, lke}) {
            assertThat(page.evaluate("window.sameAsEver")).isEqualTo(true);
            var kept =
                    page.evaluate(
                            "() => document.documentElement.outerHTML + [...document.querySelectorAll('textarea')].map(one => one.value)"
                                    + " + location.href + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})");
            assertThat(String.valueOf(kept)).doesNotContain(token.substring(0, 40));
        }
    }

    private static void exportAppears(Page eks, Page lke) throws Exception {
        UiShop.writeEntry(
                lke, "exported-services", Map.of("Name = ", UiShop.SHIPPING, "Peer = ", "eks"));
        UiBrowser.go(lke, "Peers");
        assertThat(cells(eks, "lke").locator("td").nth(3)).hasText("1");
        assertThat(cells(lke, "eks").locator("td").nth(4)).hasText("1");
        UiBrowser.picture(eks, "peers.png");
        eks.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("lke").setExact(true))
                .click();
        assertThat(eks.locator("h1")).hasText("lke");
        assertThat(eks.locator("main")).containsText("Imported 1");
        trustIsWhatThePeerSays(eks, lke);
        UiPeers.streamIsTold(eks, PeeredPair.LKE + ".1:8503");
        UiBrowser.assertAccessible(eks);
        UiBrowser.picture(eks, "peer.png");

        UiBrowser.go(lke, "Services");
        assertThat(cells(lke, "shippingservice").locator("a.chip")).hasText("eks");
    }

    /// The root that eks has of lke is the one that lke shows itself.
    private static void trustIsWhatThePeerSays(Page eks, Page lke) {
        UiBrowser.go(lke, "Certificates");
        var own = lke.locator("article.root .facts .code").first();
        assertThat(own).hasText(Pattern.compile("([0-9A-F]{2}:){31}[0-9A-F]{2}"));
        var root = eks.locator("section[aria-labelledby=bundle] article.root");
        assertThat(root).hasCount(1);
        assertThat(root.locator(".facts .code")).hasText(own.textContent());
        assertThat(root.locator("h3")).containsText("CN=");
        assertThat(root).containsText("days left");
    }

    private static void intentionIsWritten(Page eks) throws IOException {
        UiBrowser.go(eks, "Intentions");
        UiBrowser.button(eks, "New intention").click();
        var box = eks.locator("dialog[open]");
        box.getByLabel("From service").fill(UiShop.FRONT);
        box.getByLabel("To service").fill(UiShop.SHIPPING);
        box.getByLabel("Description").fill("the shop's front");
        UiBrowser.assertAccessible(eks);
        UiBrowser.button(eks, "Save").click();
        assertThat(cells(eks, "frontend").locator(".badge")).hasText("allow");

        UiBrowser.button(eks, "Delete the intention from frontend to shippingservice").click();
        assertThat(eks.locator(".consequences"))
                .containsText("Calls that only this rule allows are refused");
        assertThat(UiBrowser.button(eks, "Keep it")).isFocused();
        UiBrowser.button(eks, "Keep it").click();
        assertThat(eks.locator("dialog[open]")).hasCount(0);
        assertThat(cells(eks, "frontend").locator(".badge")).hasText("allow");

        eks.locator("form.ask").getByLabel("From").fill(UiShop.FRONT);
        eks.locator("form.ask").getByLabel("To").fill(UiShop.SHIPPING);
        UiBrowser.button(eks, "Check").click();
        assertThat(eks.locator(".verdict")).hasText("Yes. frontend may call shippingservice.");
        UiBrowser.picture(eks, "intentions.png");
    }

    private static void shippingIsOpened(Page eks) {
        eks.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName(UiShop.SHIPPING).setExact(true))
                .first()
                .click();
    }

    private static void chainIsDrawn(Page eks) throws Exception {
        UiBrowser.go(eks, "Services");
        assertThat(
                        eks.locator("table.services tbody tr")
                                .filter(new Locator.FilterOptions().setHasText("shippingservice")))
                .hasCount(2);
        eks.keyboard().press("/");
        eks.keyboard().type("shipping");
        assertThat(eks.locator(".count")).hasText(Pattern.compile("2 of [0-9]+ services"));
        shippingIsOpened(eks);
        assertThat(eks).hasTitle("shippingservice · eks · Hansa");
        assertThat(eks.locator(LIVE_HERE)).containsText("calls go here");

        UiShop.writeEntry(
                eks, "service-resolver", Map.of("Name = ", UiShop.SHIPPING, "Peer = ", "lke"));
        UiBrowser.go(eks, "Services");
        shippingIsOpened(eks);
        assertThat(eks.locator("li.step.next[data-target='shippingservice.peer.lke']"))
                .containsText("mesh gateway");
        assertThat(eks.locator("section[aria-labelledby=intentions] tbody"))
                .containsText(UiShop.FRONT);
        var instance = eks.locator("li.instance");
        assertThat(instance.locator(".checks").nth(0)).containsText("Application");
        assertThat(instance.locator(".checks").nth(1)).containsText("proxy connected");
        UiBrowser.assertAccessible(eks);
        UiBrowser.picture(eks, "service.png");
    }

    private static void failoverIsWatched(UiBrowser browser, PeeredPair pair, UiShop shop, Page eks)
            throws Exception {
        var timeline = browser.open(ui(PeeredPair.EKS, "failovers"));
        assertThat(timeline.locator(".ready"))
                .containsText("1 service could fail over this minute");
        assertThat(eks.locator(LIVE_HERE)).isVisible();
        assertThat(timeline.locator("section[aria-labelledby=timeline] :is(.empty, table.events)"))
                .isVisible();
        // that of the start, when the frontend's sidecar asked for shippingservice before there was
        // one
        var backs = timeline.locator(EVENT.formatted("back")).count();
        assertThat(timeline.locator(EVENT.formatted("over"))).hasCount(0);
        var sales = browser.open("http://" + PeeredPair.EKS + ".10:" + PeeredPair.APP_PORT + "/");
        shop.isEntered(sales);
        // to be seen in the picture
        browserWaits(timeline, 3000);

        // as when its machine is gone
        pair.kill(SHIPPING.name());
        shop.endShipping();

        assertThat(eks.locator(LIVE_THERE)).containsText("calls go here");
        assertThat(eks.locator(".verdict")).containsText("Failed over.");
        assertThat(timeline.locator(EVENT.formatted("over"))).containsText(UiShop.SHIPPING);
        assertThat(timeline.locator(".alarm")).containsText("has failed over to");
        assertThat(timeline.locator(".ready"))
                .hasText("failed over Every service that has a second target.");
        shop.sells(sales, "lke");
        browserWaits(timeline, 4000);
        UiBrowser.assertAccessible(timeline);
        UiBrowser.picture(eks, "failed-over.png");
        UiBrowser.picture(timeline, "failovers.png");
        UiBrowser.go(eks, "Overview");
        assertThat(eks.locator(".map .flow")).hasCount(1);
        // that of the frontend, and of the checkout behind the same sidecar
        assertThat(eks.locator(".map text.crossing").first()).containsText("to it: 2 open");
        overviewIsPictured(eks);
        UiBrowser.go(eks, "Services");
        assertThat(eks.locator(".badge.away")).hasText("failed over to lke");
        UiBrowser.picture(eks, "services.png");
        UiEvents.ofAFailoverAreTold(eks, UiShop.SHIPPING);
        UiBrowser.go(eks, "Services");

        shop.startShipping();
        pair.startBeside(PeeredPair.EKS, SHIPPING);
        assertThat(timeline.locator(EVENT.formatted("back"))).hasCount(backs + 1);
        assertThat(timeline.locator(".alarm")).hasCount(0);
        assertThat(eks.locator(".badge.away")).hasCount(0);
        shop.startCalls();
        drillIsRun(timeline, backs + 2);
        shop.stopCalls();
        sales.context().close();
        timeline.context().close();
    }

    private static void overviewIsPictured(Page eks) throws IOException {
        // nobody of lke calls anybody here, which its sidecars would tell
        assertThat(eks.locator(".map text.crossing").nth(1)).containsText("from it: 0 open");
        assertThat(eks.locator(".alarm")).containsText(UiShop.SHIPPING);
        // the gateways of both stand in it, each where the other reaches it
        assertThat(eks.locator(".map .site.here .address")).hasText(PeeredPair.EKS + ".2:8443");
        assertThat(eks.locator(".map a[href='#/peers/lke'] .address"))
                .hasText(PeeredPair.LKE + ".2:8443");
        assertThat(eks.locator(".map .gate.ok")).hasCount(2);
        UiBrowser.assertAccessible(eks);
        UiBrowser.picture(eks, "overview.png");
        UiBrowser.darkPicture(eks, "overview-dark.png");
    }

    private static void browserWaits(Page page, int millis) {
        page.waitForFunction(
                "([since, millis]) => performance.now() - since > millis",
                new Object[] {page.evaluate("performance.now()"), millis});
    }

    private static void drillIsRun(Page timeline, int backs) throws IOException {
        UiBrowser.button(timeline, "Run a drill…").click();
        // nothing is chosen before somebody has
        assertThat(UiBrowser.button(timeline, "Begin the drill")).isDisabled();
        timeline.locator("dialog[open]").getByLabel("Service").selectOption(UiShop.SHIPPING);
        timeline.getByLabel("Reason").fill("before the sale");
        UiBrowser.assertAccessible(timeline);
        UiBrowser.button(timeline, "Begin the drill").click();
        assertThat(timeline.locator(EVENT.formatted("over")).first())
                .containsText("before the sale");
        assertThat(timeline.locator("article.report")).containsText("running");
        // to be seen in the picture
        browserWaits(timeline, 4000);
        UiBrowser.button(timeline, "End drill of 'shippingservice' now").click();
        assertThat(timeline.locator(EVENT.formatted("back"))).hasCount(backs);
        assertThat(timeline.locator("table.controls")).hasCount(0);
        assertThat(timeline.locator("article.report")).containsText("done");
        UiBrowser.picture(timeline, "drill.png");
        UiBrowser.darkPicture(timeline, "drill-dark.png");
    }

    /// Names are held to a form by the server; a check's output, a tag and a node are not.
    private static void strangersTextsStayTexts(PeeredPair pair, Page eks) throws Exception {
        var text = UiBrowser.SCRIPT.replace("\"", "\\\"");
        pair.call(
                PeeredPair.EKS,
                "PUT",
                "/v1/catalog/register",
                "{\"Node\":\"legacy\",\"Address\":\"192.0.2.7\",\"Service\":{\"ID\":\"legacy-1\",\"Service\":\"legacy\",\"Port\":80,\"Tags\":[\""
                        + text
                        + "\"]},\"Check\":{\"CheckID\":\"c\",\"Name\":\""
                        + text
                        + "\",\"Status\":\"critical\",\"Output\":\""
                        + text
                        + "\",\"ServiceID\":\"legacy-1\"}}");

        assertThat(cells(eks, "legacy").locator(".chip").first()).hasText(UiBrowser.SCRIPT);
        eks.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("legacy").setExact(true))
                .click();
        assertThat(eks.locator("pre.output")).hasText(UiBrowser.SCRIPT);
        assertThat(eks.locator(".checks b")).hasText(UiBrowser.SCRIPT);
        assertThat(eks.evaluate("window.hit")).isNull();
        assertThat(eks.locator("main img, main script").count()).isZero();
        UiBrowser.picture(eks, "strangers.png");
        UiTalk.ofThousandsIsQuickAndHarmless(eks);
    }

    private static void manyServicesAreQuick(Page eks) throws IOException {
        var rows = new ArrayList<String>();
        for (var i = 0; i < MANY; i++) {
            rows.add(
                    "{\"Service\":\"%s%04d\",\"Peer\":\"\",\"Kind\":\"\",\"Instances\":3,\"Passing\":%d,\"Warning\":0,\"Critical\":%d,\"Maintenance\":0,\"Tags\":[],\"Proxies\":3,\"ExportedTo\":[\"lke\"]}"
                            .formatted(
                                    i == 0 ? UiBrowser.SCRIPT.replace("\"", "\\\"") : "svc-",
                                    i,
                                    i % 50 == 7 ? 2 : 3,
                                    i % 50 == 7 ? 1 : 0));
        }
        eks.route(
                Pattern.compile(".*/v1/hansa/services"),
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setContentType("application/json")
                                        .setBody("[" + String.join(",", rows) + "]")));
        UiBrowser.go(eks, "Services");
        assertThat(eks.locator(".count")).hasText("5,000 services");
        assertThat(eks.locator("tbody th").first()).containsText(UiBrowser.SCRIPT);
        assertThat(eks.evaluate("window.hit")).isNull();
        assertThat(eks.locator("table.services tr").count()).as("rows in the page").isLessThan(80);
        // of one drawing, which each second and each change takes
        var millis = UiBrowser.scrolledMillis(eks);
        System.out.printf("UiIT: %d services, scrolled and drawn in %.0f ms%n", MANY, millis);
        assertThat(millis).isLessThan(1000);
        assertThat(eks.locator("tbody")).containsText("svc-2");
        UiBrowser.picture(eks, "many.png");
        eks.getByLabel("Search by name, peer or tag").fill("svc-4999");
        assertThat(eks.locator(".count")).hasText("1 of 5,000 services");
        eks.unrouteAll();
    }

    private static void peeringIsDeleted(Page eks, Page lke) throws IOException {
        UiBrowser.go(eks, "Peers");
        UiBrowser.go(lke, "Peers");
        eks.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("lke").setExact(true))
                .click();
        UiBrowser.button(eks, "Delete…").click();
        assertThat(eks.locator(".consequences"))
                .containsText("These have no refuge at lke any more: shippingservice");
        assertThat(eks.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Keep it")))
                .isFocused();
        UiBrowser.picture(eks, "delete.png");
        UiBrowser.button(eks, "Delete the peering with lke").click();
        assertThat(eks.locator(".empty-title")).hasText("No peer yet");
        assertThat(cells(lke, "eks").locator(".badge")).hasText("terminated");
    }
}
