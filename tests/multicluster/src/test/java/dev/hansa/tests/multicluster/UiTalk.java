package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Who talks to whom, on the page of a service: an operator sees it, is told what a rule would cut
/// before it is saved, and closes what only the default had allowed.
final class UiTalk {
    private static final int ZOOMED = 640;
    private static final int NARROW = 400;

    /// As many as the server tells of in one direction.
    private static final int SHOWN = 200;

    private final PeeredPair pair;
    private final String called;
    private final String caller;

    /// @param called a service of eks, which `caller` calls
    UiTalk(PeeredPair pair, String called, String caller) {
        this.pair = pair;
        this.called = called;
        this.caller = caller;
    }

    private Locator edge(Page page) {
        return page.locator(".callers li.edge[data-end='" + caller + "']");
    }

    /// The page of the called service is open.
    ///
    /// @param upstream where the caller's sidecar takes connections to it
    void isSeenAndRuled(Page page, InetSocketAddress upstream) throws Exception {
        try (var _ = EchoLoad.connect(upstream);
                var _ = EchoLoad.connect(upstream)) {
            assertThat(edge(page)).hasClass(Pattern.compile("stands"));
            assertThat(edge(page)).containsText("2 open");
            assertThat(edge(page).locator(".badge")).hasText("allowed");
            assertThat(edge(page)).containsText("rule " + caller + " to " + called);

            button(page, "Deny calls from " + caller + " to " + called).click();
            assertThat(page.locator("dialog[open] .cut"))
                    .containsText("2 connections that stand now will be cut");
            assertThat(page.locator("dialog[open] .cut li"))
                    .containsText(
                            caller + ": 2 connections, by the rule " + caller + " -> " + called);
            assertThat(button(page, "Save and cut 2 connections")).isVisible();
            assertThat(button(page, "Leave it as it is")).isFocused();
            UiBrowser.assertAccessible(page);
            UiBrowser.picture(page, "cut.png");
            button(page, "Leave it as it is").click();
            assertThat(page.locator("dialog[open]")).hasCount(0);

            pair.call(
                    PeeredPair.EKS,
                    "DELETE",
                    "/v1/connect/intentions/exact?source=" + caller + "&destination=" + called,
                    "");
            assertThat(edge(page).locator(".badge")).hasText("by default only");
            assertThat(edge(page)).hasClass(Pattern.compile("stands"));
            assertThat(page.locator(".default-only"))
                    .containsText("allowed only by the default of eks");
            assertThat(page.locator(".default-only")).containsText("this one talks now: " + caller);
            UiBrowser.assertAccessible(page);
            UiBrowser.picture(page, "talks.png");
            UiBrowser.darkPicture(page, "talks-dark.png");

            button(page, "Allow those who talk now, deny the rest…").click();
            assertThat(page.locator("dialog[open] .cut")).containsText("Nothing is cut");
            // the keyboard is where a save is
            assertThat(button(page, "Save")).isFocused();
            page.keyboard().press("Enter");
            assertThat(page.locator("#talks ~ .news .done")).containsText("Saved");
            assertThat(edge(page).locator(".badge")).hasText("allowed");
            assertThat(edge(page)).containsText("2 open");
            assertThat(page.locator(".default-only")).hasCount(0);
        }
        var sources =
                pair.call(PeeredPair.EKS, "GET", "/v1/config/service-intentions/" + called, "")
                        .path("Sources");
        assertThat(sources.findValuesAsText("Name")).containsExactly(caller, "*");
        assertThat(sources.findValuesAsText("Action")).containsExactly("allow", "deny");
        assertThat(edge(page)).containsText("0 open");
        for (var width : new int[] {ZOOMED, NARROW}) {
            UiBrowser.assertFits(page, width);
        }
        page.locator("#talks").evaluate("one => one.scrollIntoView()");
        UiBrowser.picture(page, "talks-narrow.png");
        UiBrowser.widen(page);
    }

    private static Locator button(Page page, String name) {
        return UiBrowser.button(page, name);
    }

    /// An answer about thousands, and names that would be markup.
    static void ofThousandsIsQuickAndHarmless(Page page) throws IOException {
        var edges = new ArrayList<String>();
        for (var i = 0; i < SHOWN; i++) {
            edges.add(
                    "{\"Service\":\"%s\",\"Peer\":\"%s\",\"May\":\"allow\",\"By\":\"default\",\"Rule\":null,\"Upstream\":false,\"Connections\":%s}"
                            .formatted(
                                    i == 0 ? UiBrowser.SCRIPT.replace("\"", "\\\"") : "svc-" + i,
                                    i == 1 ? UiBrowser.SCRIPT.replace("\"", "\\\"") : "",
                                    i < 3 ? "{\"Open\":5,\"Carried\":9}" : "null"));
        }
        var side =
                "{\"All\":5002,\"ByRule\":0,\"ByDefault\":5002,\"Denied\":0,\"Elsewhere\":0,\"Beyond\":{\"Open\":3,\"Carried\":3},\"Edges\":["
                        + String.join(",", edges)
                        + "]}";
        var answer =
                "{\"Service\":\"legacy\",\"Peer\":\"\",\"Datacenter\":\"eks\",\"DefaultAllow\":true,\"Sidecars\":{\"Connected\":2,\"Told\":1},\"Callers\":"
                        + side
                        + ",\"Callees\":"
                        + side
                        + ",\"CallerPeers\":";
        answerTopology(page, answer + "[\"aws\",\"lke\"]}");
        var callers = page.locator(".side.callers");
        assertThat(callers).containsText("200 of 5,002 can be shown");
        assertThat(callers).containsText("3 connections of callers that are not told apart");
        assertThat(page.locator(".default-only")).containsText("5,002 callers are allowed only");
        assertThat(page.locator("main")).containsText("1 of 2 connected sidecars tells");
        assertThat(callers.locator("li.edge").first()).containsText(UiBrowser.SCRIPT);
        assertThat(callers.locator("li.edge").nth(3)).containsText("connections not known");
        assertThat(callers.locator("li.edge")).hasCount(6);
        callers.getByRole(AriaRole.BUTTON)
                .filter(new Locator.FilterOptions().setHasText("Show 194 more"))
                .click();
        assertThat(callers.locator("li.edge")).hasCount(SHOWN);
        callers.getByLabel("Search: Who may call it").fill("svc-199");
        assertThat(callers.locator("li.edge")).hasCount(1);
        UiBrowser.assertHarmless(page);
        UiBrowser.assertFits(page, NARROW);
        UiBrowser.widen(page);
        page.locator("#talks").evaluate("one => one.scrollIntoView()");
        UiBrowser.picture(page, "talks-many.png");
        restIsDeniedForPeersThatAreNotShown(page);
        page.unrouteAll();
        answerTopology(page, answer + "null}");
        restIsNotDeniedHalf(page);
        page.unrouteAll();
    }

    /// What the server is asked about rules goes to the server.
    private static void answerTopology(Page page, String answer) {
        page.route(
                Pattern.compile(".*/v1/hansa/topology/.*"),
                route -> {
                    if (route.request().method().equals("GET")) {
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setContentType("application/json")
                                        .setBody(answer));
                    } else {
                        route.resume();
                    }
                });
    }

    /// None of the 200 edges is one of these peers' wildcards, and each button names both.
    private static void restIsDeniedForPeersThatAreNotShown(Page page) throws IOException {
        page.locator(".callers").getByLabel("Search: Who may call it").fill("svc-3");
        for (var name :
                List.of("Deny the rest…", "Allow calls from svc-3 to legacy, and deny the rest")) {
            button(page, name).click();
            var added = page.locator("dialog[open] tr.added .line");
            for (var peer : List.of("aws", "lke")) {
                assertThat(
                                added.filter(
                                        new Locator.FilterOptions()
                                                .setHasText("\"Peer\": \"" + peer + '"')))
                        .hasCount(1);
            }
            assertThat(added.filter(new Locator.FilterOptions().setHasText("\"Action\": \"deny\"")))
                    .hasCount(3);
            UiBrowser.picture(page, "deny-the-rest.png");
            button(page, "Leave it as it is").click();
            assertThat(page.locator("dialog[open]")).hasCount(0);
        }
    }

    /// Whoever may not see peers is told so, and proposes nothing.
    private static void restIsNotDeniedHalf(Page page) {
        for (var name :
                List.of("Deny the rest…", "Allow calls from svc-3 to legacy, and deny the rest")) {
            button(page, name).click();
            assertThat(page.locator("#talks ~ .problem"))
                    .containsText("lacks permission 'peering:read'");
            assertThat(page.locator("dialog[open]")).hasCount(0);
        }
    }

    /// A certificate that should have been renewed by now; the page of its service is open.
    static void lateRenewalIsSeen(Page page, String instance, String node) {
        var leaf = page.locator("li.instance .leaf .life");
        assertThat(leaf).containsText("renewed by itself");
        page.route(
                Pattern.compile(".*/v1/hansa/proxies/.*"),
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setContentType("application/json")
                                        .setBody(
                                                "{\"All\":1,\"Proxies\":[{\"Node\":\"%s\",\"ServiceID\":\"%s\",\"NotBefore\":\"%s\",\"NotAfter\":\"%s\"}]}"
                                                        .formatted(
                                                                node,
                                                                instance,
                                                                Instant.now().minusSeconds(3000),
                                                                Instant.now().plusSeconds(600)))));
        // to another page and back, so that it is read at once
        page.evaluate(
                "() => { const at = location.hash; location.hash = '#/services'; setTimeout(() => (location.hash = at), 0); }");
        assertThat(leaf).containsText("its renewal is overdue");
        assertThat(leaf).hasClass(Pattern.compile("warn"));
        page.unrouteAll();
    }
}
