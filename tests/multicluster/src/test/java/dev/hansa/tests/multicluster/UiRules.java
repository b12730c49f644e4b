package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// The page of intentions: rules are written, changed and deleted, none of them unseen, and it is
/// asked who may call whom. The entry of `echo` has one rule, from `caller`, whose description
/// would be markup.
final class UiRules {
    private static final String OF_ECHO = "/v1/config/service-intentions/echo";
    private static final String EXACT = "/v1/connect/intentions/exact?source=%s&destination=%s";

    private UiRules() {}

    static void areWritten(BareServer server, Page page) throws Exception {
        UiBrowser.widen(page);
        // there is no gateway here, and a token would name none
        server.must(
                "PUT",
                "/v1/config",
                Map.of("Kind", "mesh", "Peering", Map.of("PeerThroughMeshGateways", false)));
        server.must(
                "POST",
                "/v1/peering/token",
                Map.of("PeerName", "lke", "ServerExternalAddresses", List.of("192.0.2.1:8503")));
        UiBrowser.go(page, "Intentions");
        assertThat(rows(page)).hasCount(1);
        newRulesStandByPrecedence(page);
        ruleOfAPairThatHasOneIsReplacedOnlyWhenItWasSeen(server, page);
        changeOfSomebodyElseIsNotOverwritten(server, page);
        ruleIsDeleted(server, page);
        UiBrowser.assertReachable(page);
    }

    private static Locator rows(Page page) {
        return page.locator("table.rules tbody tr");
    }

    private static Locator row(Page page, String from) {
        return rows(page).filter(new Locator.FilterOptions().setHasText(from));
    }

    private static Locator box(Page page) {
        return page.locator("dialog[open]");
    }

    private static void begin(Page page, String from, String peer, String to, String action) {
        UiBrowser.button(page, "New intention").click();
        // where one types, and Enter asks for what is lacking instead of closing the box
        var first = box(page).getByLabel("From service");
        assertThat(first).isFocused();
        page.keyboard().press("Enter");
        first.fill(from);
        box(page).getByLabel("which runs in").selectOption(peer);
        box(page).getByLabel("To service").fill(to);
        act(page, action);
    }

    private static void act(Page page, String action) {
        box(page).getByRole(AriaRole.RADIO).and(box(page).getByLabel(action)).check();
    }

    private static void save(Page page) {
        UiBrowser.button(page, "Save").click();
        assertThat(box(page)).hasCount(0);
    }

    /// However often the key is pressed.
    private static void isSentOnce(Page page) {
        var writes = new AtomicInteger();
        Consumer<Request> count =
                request -> {
                    if (request.method().equals("PUT")) {
                        writes.incrementAndGet();
                    }
                };
        page.onRequest(count);
        page.evaluate(
                "() => { const form = document.querySelector('dialog[open] form'); form.requestSubmit(); form.requestSubmit(); }");
        assertThat(box(page)).hasCount(0);
        assertThat(rows(page)).hasCount(2);
        page.offRequest(count);
        assertThat(writes).hasValue(1);
    }

    private static void newRulesStandByPrecedence(Page page) throws Exception {
        begin(page, "*", "", "echo", "allow");
        isSentOnce(page);
        begin(page, "shop", "lke", "echo", "deny");
        box(page).getByLabel("Description").fill("not from there");
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "intention-new.png");
        save(page);

        assertThat(row(page, "shop").locator("a.chip")).hasText("lke");
        assertThat(row(page, "shop").locator(".badge")).hasText("deny");
        assertThat(row(page, "shop")).containsText("not from there");
        assertThat(rows(page).locator("td:first-child")).hasText(new String[] {"9", "9", "8"});
        assertThat(rows(page).nth(2).locator("th")).hasText("any");
        assertThat(row(page, "caller")).containsText(UiBrowser.SCRIPT);
        UiBrowser.assertHarmless(page);
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "rules.png");

        isAnswered(page, "lke", "No. shop of peer lke may not call echo.");
        isAnswered(page, "", "Yes. shop may call echo.");
        lateAnswerIsDropped(page);
    }

    private static void isAnswered(Page page, String peer, String sentence) {
        var form = page.locator("form.ask");
        form.getByLabel("From").fill("shop");
        form.locator("select").selectOption(peer);
        form.getByLabel("To").fill("echo");
        UiBrowser.button(page, "Check").click();
        assertThat(page.locator(".verdict")).hasText(sentence);
        UiBrowser.assertAccessible(page);
    }

    /// Of two questions the last one is answered, whichever answer comes first.
    private static void lateAnswerIsDropped(Page page) {
        var where = Pattern.compile(".*/v1/connect/intentions/check.*");
        var held = new ArrayList<Route>();
        page.route(
                where,
                route -> {
                    if (held.isEmpty()) {
                        held.add(route);
                    } else {
                        route.resume();
                    }
                });
        var form = page.locator("form.ask");
        form.getByLabel("From").fill("caller");
        UiBrowser.button(page, "Check").click();
        page.waitForCondition(() -> !held.isEmpty());
        isAnswered(page, "lke", "No. shop of peer lke may not call echo.");
        page.waitForResponse(where, () -> held.getFirst().resume()).finished();
        page.evaluate(
                "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        assertThat(page.locator("[role=status] > .verdict"))
                .hasText("No. shop of peer lke may not call echo.");
        page.unroute(where);
    }

    private static String action(BareServer server, String source, String destination)
            throws Exception {
        return server.must("GET", EXACT.formatted(source, destination), "").path("Action").asText();
    }

    private static void ruleOfAPairThatHasOneIsReplacedOnlyWhenItWasSeen(
            BareServer server, Page page) throws Exception {
        begin(page, "caller", "", "echo", "deny");
        UiBrowser.button(page, "Save").click();

        var found = box(page).locator(".problem");
        assertThat(found).containsText("there is a rule for this pair already, and it says allow");
        assertThat(found).containsText(UiBrowser.SCRIPT);
        UiBrowser.assertHarmless(page);
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "intention-there.png");
        assertThat(action(server, "caller", "echo")).isEqualTo("allow");
        // what was found is not said of another pair
        box(page).getByLabel("From service").fill("cart");
        assertThat(found).hasCount(0);
        box(page).getByLabel("From service").fill("caller");
        UiBrowser.button(page, "Save").click();
        UiBrowser.button(page, "Replace it").click();
        assertThat(box(page)).hasCount(0);
        assertThat(row(page, "caller").locator(".badge")).hasText("deny");
        // the others of the same entry are as they were
        assertThat(server.must("GET", OF_ECHO, "").path("Sources").findValuesAsText("Name"))
                .containsExactlyInAnyOrder("caller", "*", "shop");
        assertThat(action(server, "peer:lke/shop", "echo")).isEqualTo("deny");
    }

    private static void changeOfSomebodyElseIsNotOverwritten(BareServer server, Page page)
            throws Exception {
        UiBrowser.button(page, "Change the intention from caller to echo").click();
        assertThat(box(page).getByLabel("From service")).hasAttribute("readonly", "");
        act(page, "allow");
        server.must(
                "PUT",
                EXACT.formatted("caller", "echo"),
                Map.of("Action", "deny", "Description", "theirs"));
        UiBrowser.button(page, "Save").click();
        assertThat(box(page).locator(".problem"))
                .containsText(
                        "somebody else has changed this rule meanwhile, and it says deny (theirs)");
        UiBrowser.button(page, "Cancel").click();
        assertThat(action(server, "caller", "echo")).isEqualTo("deny");

        assertThat(row(page, "caller")).containsText("theirs");
        UiBrowser.button(page, "Change the intention from caller to echo").click();
        act(page, "allow");
        // another rule of the entry is no reason not to
        server.must("PUT", EXACT.formatted("cart", "echo"), Map.of("Action", "allow"));
        save(page);
        assertThat(row(page, "caller").locator(".badge")).hasText("allow");
        assertThat(row(page, "caller")).containsText("theirs");
        assertThat(action(server, "cart", "echo")).isEqualTo("allow");
    }

    private static void ruleIsDeleted(BareServer server, Page page) throws Exception {
        server.must("PUT", EXACT.formatted("web", "ads"), Map.of("Action", "deny"));
        for (var one : List.of("shop of lke to echo", "web to ads")) {
            UiBrowser.button(page, "Delete the intention from " + one).click();
            assertThat(page.locator(".consequences"))
                    .containsText("Calls that only this rule refuses are let in");
            assertThat(UiBrowser.button(page, "Keep it")).isFocused();
            UiBrowser.button(page, "Delete the intention").click();
            assertThat(box(page)).hasCount(0);
            assertThat(UiBrowser.button(page, "Delete the intention from " + one)).hasCount(0);
        }
        for (var gone :
                List.of(
                        EXACT.formatted("peer:lke/shop", "echo"),
                        "/v1/config/service-intentions/ads")) {
            assertThat(server.send("GET", gone, "").statusCode()).as(gone).isEqualTo(404);
        }
        UiBrowser.button(page, "Delete the intention from cart to echo").click();
        server.must("PUT", EXACT.formatted("cart", "echo"), Map.of("Action", "deny"));
        UiBrowser.button(page, "Delete the intention").click();
        assertThat(box(page).locator(".problem"))
                .containsText(
                        "Not deleted: somebody else has changed this rule meanwhile, and it says deny now");
        UiBrowser.button(page, "Keep it").click();
        assertThat(action(server, "cart", "echo")).isEqualTo("deny");
    }
}
