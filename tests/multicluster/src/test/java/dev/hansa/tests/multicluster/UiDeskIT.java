package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An operator at the desk of one datacenter: config entries and the certificate authority, in a
/// real browser.
class UiDeskIT {
    private static final String HOST = "127.11.0.6";
    private static final String BOX = "The entry, as HCL, JSON or YAML";
    private static final String TARGETS =
            "{\"*\":{\"Targets\":[{\"Peer\":\"lke\"},{\"Service\":\"echo-spare\"}]}}";
    private static final String RESOLVER =
            """
            # a comment is not kept
            Kind = "service-resolver"
            Name = "echo"
            ConnectTimeout = "3s"
            Failover = {
              "*" = { Targets = [{ Peer = "lke" }, { Service = "echo-standby" }] }
            }
            """;
    static final int ZOOMED = 640;
    private static final int NARROW = 400;

    @Test
    void entriesAreWrittenAndTheRootIsRotated(@TempDir Path folder) throws Exception {
        var begun = System.nanoTime();
        try (var browser = UiBrowser.start();
                var server = BareServer.start("eks", HOST, folder, UiRoots.own(folder))) {
            server.awaitAnswer();
            writeSome(server);
            var page = browser.open("http://" + HOST + ":8500/ui/#/overview");
            entriesAreListed(page);
            wrongTextIsToldAsOneTypes(server, page);
            changeIsShownAndSaved(server, page);
            textThatIsAllSelectedIsReplacedWholly(server, page);
            changeOfSomebodyElseIsNotOverwritten(server, page);
            strangersTextsStayTexts(page);
            charactersThatAreEscapedStayWhatTheyAre(server, page);
            newEntryIsWrittenAndDeleted(server, page);
            UiRoots.areRotated(server, page);
            UiRoots.whoIsWaitedForIsNamed(page);
            UiAudit.tellsWhoDidWhat(server, page);
            UiRules.areWritten(server, page);
            UiEvents.areTold(server, page);
            UiServices.areFilteredAndReachedByKeyboard(page);
            UiPeers.areShownInEveryState(page);
            UiLists.areQuick(page);
            UiNarrow.everythingCanBeRead(page);
            assertThat(browser.complaints()).isEmpty();
        }
        System.out.printf(
                "UiDeskIT: %d s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun));
    }

    private static void writeSome(BareServer server) throws Exception {
        for (var entry :
                List.of(
                        Map.of("Kind", "mesh", "Peering", Map.of("PeerThroughMeshGateways", true)),
                        Map.of("Kind", "service-defaults", "Name", "shop", "Protocol", "tcp"),
                        Map.of(
                                "Kind",
                                "service-intentions",
                                "Name",
                                "echo",
                                "Sources",
                                List.of(
                                        Map.of(
                                                "Name",
                                                "caller",
                                                "Action",
                                                "allow",
                                                "Description",
                                                UiBrowser.SCRIPT))))) {
            server.must("PUT", "/v1/config", entry);
        }
        server.export(Map.of("echo", List.of("lke"), "shop", List.of("lke")));
        server.must(
                "PUT",
                "/v1/config",
                "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"ConnectTimeout\":\"5s\",\"Failover\":"
                        + TARGETS
                        + "}");
    }

    private static Locator rows(Page page) {
        return page.locator("table.entries tbody tr:not(.kind)");
    }

    private static void entriesAreListed(Page page) throws IOException {
        UiBrowser.go(page, "Config entries");
        assertThat(rows(page)).hasCount(5);
        assertThat(page.locator("tr.kind")).hasCount(5);
        UiBrowser.picture(page, "config.png");
        UiBrowser.darkPicture(page, "config-dark.png");
        page.keyboard().press("/");
        page.keyboard().type("echo res");
        assertThat(page.locator(".count")).hasText("1 of 5 entries");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("echo").setExact(true))
                .click();
        assertThat(page).hasTitle("service-resolver/echo · eks · Hansa");
    }

    private static Locator verdict(Page page) {
        return page.locator("#verdict");
    }

    private static void type(Page page, String text) {
        page.getByLabel(BOX).fill(text);
    }

    private static void wrongTextIsToldAsOneTypes(BareServer server, Page page) throws Exception {
        assertThat(page.getByLabel(BOX)).hasValue(Pattern.compile("Targets = \\[\n"));
        assertThat(verdict(page)).containsText("valid");
        assertThat(UiBrowser.button(page, "Review and save…")).isDisabled();
        UiBrowser.assertAccessible(page);
        for (var wrong :
                List.of(
                        RESOLVER.replace("Failover", "Fallover"),
                        RESOLVER.replace("\"3s\"", "\"soon\""),
                        RESOLVER.replace("}]", "}}]"))) {
            type(page, wrong);
            // word for word what a write is told
            assertThat(verdict(page))
                    .containsText(server.send("PUT", "/v1/config", wrong).body().strip());
            assertThat(page.getByLabel(BOX)).hasAttribute("aria-invalid", "true");
            assertThat(UiBrowser.button(page, "Review and save…")).isDisabled();
        }
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "entry-wrong.png");
        UiBrowser.darkPicture(page, "entry-wrong-dark.png");
        UiBrowser.button(page, "Go to line 6").click();
        assertThat(page.getByLabel(BOX)).isFocused();
        assertThat(
                        page.evaluate(
                                "() => { const box = document.activeElement; return box.value.slice(box.selectionStart, box.selectionEnd); }"))
                .asString()
                .startsWith("  \"*\" = { Targets");
    }

    private static void changeIsShownAndSaved(BareServer server, Page page) throws Exception {
        type(page, RESOLVER);
        assertThat(verdict(page)).containsText("The server would take it as service-resolver/echo");
        UiBrowser.picture(page, "entry.png");
        page.getByLabel(BOX).press("Control+Enter");
        var box = page.locator("dialog[open]");
        assertThat(box.locator("tr.removed .line"))
                .hasText(new String[] {"{ Service = \"echo-spare\" },", "ConnectTimeout = \"5s\""});
        assertThat(box.locator("tr.added .line"))
                .hasText(
                        new String[] {
                            "{ Service = \"echo-standby\" },", "ConnectTimeout = \"3s\""
                        });
        assertThat(box.locator(".diff")).not().containsText("comment");
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "entry-diff.png");
        UiBrowser.darkPicture(page, "entry-diff-dark.png");
        UiBrowser.button(page, "Save").click();
        assertThat(page.locator(".done")).hasText("Saved.");
        assertThat(
                        server.must("GET", "/v1/config/service-resolver/echo", "")
                                .path("ConnectTimeout")
                                .asText())
                .isEqualTo("3s");
        // as it is kept
        assertThat(page.getByLabel(BOX)).not().hasValue(Pattern.compile("comment"));
        saveThatCannotBeReadAgainIsNoRefusal(page);
    }

    private static void saveThatCannotBeReadAgainIsNoRefusal(Page page) {
        var entry = Pattern.compile(".*/v1/config/service-resolver/echo$");
        page.route(
                entry,
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setStatus(500)
                                        .setBody("No cluster leader")));
        type(page, RESOLVER.replace("\"3s\"", "\"2s\""));
        assertThat(verdict(page)).containsText("valid");
        UiBrowser.button(page, "Review and save…").click();
        UiBrowser.button(page, "Save").click();
        assertThat(page.locator(".done")).hasText("Saved.");
        assertThat(page.locator("dialog[open]")).hasCount(0);
        assertThat(page.locator(".problem").first()).containsText("No cluster leader");
        page.unroute(entry);
        // as it is kept, once it is read again
        assertThat(page.getByLabel(BOX)).not().hasValue(Pattern.compile("comment"));
        type(page, RESOLVER);
        assertThat(verdict(page)).containsText("valid");
        UiBrowser.button(page, "Review and save…").click();
        UiBrowser.button(page, "Save").click();
        assertThat(page.locator(".done")).hasText("Saved.");
    }

    /// Also where somebody else's came in its place before anything is typed.
    private static void textThatIsAllSelectedIsReplacedWholly(BareServer server, Page page)
            throws Exception {
        var box = page.getByLabel(BOX);
        box.selectText();
        server.must("PUT", "/v1/config", RESOLVER.replace("\"3s\"", "\"5s\""));
        assertThat(box).hasValue(Pattern.compile("\"5s\""));
        page.keyboard().insertText(RESOLVER);
        assertThat(box).hasValue(RESOLVER);
        UiBrowser.button(page, "Discard my changes").click();
        server.must("PUT", "/v1/config", RESOLVER);
        assertThat(box).hasValue(Pattern.compile("\"3s\""));
        assertThat(box).not().hasValue(Pattern.compile("comment"));
    }

    private static void changeOfSomebodyElseIsNotOverwritten(BareServer server, Page page)
            throws Exception {
        var mine = RESOLVER.replace("\"3s\"", "\"4s\"");
        type(page, mine);
        assertThat(verdict(page)).containsText("valid");
        UiBrowser.button(page, "Review and save…").click();
        assertThat(page.locator("dialog[open] tr.added .line")).hasText("ConnectTimeout = \"4s\"");
        var theirs = RESOLVER.replace("\"3s\"", "\"9s\"").replace("{ Peer = \"lke\" }, ", "");
        server.must("PUT", "/v1/config", theirs);

        UiBrowser.button(page, "Save").click();

        assertThat(page.locator("dialog[open] .problem"))
                .containsText("Not saved, and nothing is overwritten");
        assertThat(
                        server.must("GET", "/v1/config/service-resolver/echo", "")
                                .path("ConnectTimeout")
                                .asText())
                .isEqualTo("9s");
        UiBrowser.button(page, "Go on editing").click();
        var conflict = page.locator(".conflict");
        assertThat(conflict).containsText("Somebody else has changed it meanwhile.");
        assertThat(conflict.locator("tr.added .line").first()).hasText("ConnectTimeout = \"9s\"");
        assertThat(page.getByLabel(BOX)).hasValue(mine);
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "entry-conflict.png");
        UiBrowser.darkPicture(page, "entry-conflict-dark.png");
        UiBrowser.assertFits(page, ZOOMED);
        UiBrowser.picture(page, "entry-zoomed.png");
        UiBrowser.assertFits(page, NARROW);
        UiBrowser.picture(page, "entry-narrow.png");
        UiBrowser.widen(page);
        UiBrowser.button(page, "Keep my text, compare it with theirs").click();
        assertThat(conflict).hasCount(0);
        UiBrowser.button(page, "Review and save…").click();
        assertThat(page.locator("dialog[open] tr.removed .line").first())
                .hasText("ConnectTimeout = \"9s\"");
        UiBrowser.button(page, "Save").click();
        assertThat(page.locator(".done")).hasText("Saved.");
        // a text that is left is there again, and is not taken for what is kept
        type(page, theirs);
        UiBrowser.go(page, "Overview");
        page.goBack();
        assertThat(page.getByLabel(BOX)).hasValue(theirs);
        UiBrowser.button(page, "Discard my changes").click();
        assertThat(page.getByLabel(BOX)).hasValue(Pattern.compile("4s"));
        textIsDroppedForTheirs(server, page);
        entryThatIsGoneIsMadeAnew(server, page);
    }

    private static void textIsDroppedForTheirs(BareServer server, Page page) throws Exception {
        type(page, RESOLVER.replace("\"3s\"", "\"6s\""));
        server.must("PUT", "/v1/config", RESOLVER.replace("\"3s\"", "\"7s\""));
        assertThat(page.locator(".conflict tr.added .line")).hasText("ConnectTimeout = \"7s\"");
        UiBrowser.button(page, "Drop my text, take theirs").click();
        assertThat(page.getByLabel(BOX)).hasValue(Pattern.compile("ConnectTimeout = \"7s\""));
        assertThat(page.locator(".conflict")).hasCount(0);
        assertThat(UiBrowser.button(page, "Discard my changes")).isDisabled();
    }

    private static void entryThatIsGoneIsMadeAnew(BareServer server, Page page) throws Exception {
        var path = "/v1/config/service-resolver/echo";
        type(page, RESOLVER.replace("\"3s\"", "\"8s\""));
        server.must("DELETE", path, "");
        assertThat(page.locator(".conflict")).containsText("It has been deleted meanwhile.");
        UiBrowser.button(page, "Make it anew with this text").click();
        assertThat(page.locator(".conflict")).hasCount(0);
        UiBrowser.button(page, "Review and save…").click();
        UiBrowser.button(page, "Save").click();
        assertThat(page.locator(".done")).hasText("Saved.");
        assertThat(server.must("GET", path, "").path("ConnectTimeout").asText()).isEqualTo("8s");
    }

    private static void strangersTextsStayTexts(Page page) throws IOException {
        page.navigate("http://" + HOST + ":8500/ui/#/config/service-intentions/echo");
        assertThat(page.getByLabel(BOX)).hasValue(Pattern.compile("<script>hit"));
        var text = page.getByLabel(BOX).inputValue();
        type(page, text.replace("<script>hit", "<script>again"));
        assertThat(verdict(page)).containsText("valid");
        UiBrowser.button(page, "Review and save…").click();
        assertThat(page.locator("dialog[open] .diff")).containsText("<script>again()</script>");
        UiBrowser.assertHarmless(page);
        UiBrowser.picture(page, "entry-strangers.png");
        UiBrowser.button(page, "Go on editing").click();
        type(page, "Kind = \"mesh\"\nName = \"" + UiBrowser.SCRIPT.replace("\"", "'") + "\"\n");
        assertThat(verdict(page)).containsText("<img src=x");
        UiBrowser.assertHarmless(page);
        UiBrowser.button(page, "Discard my changes").click();
    }

    /// In an entry of which something else is changed, in either form.
    private static void charactersThatAreEscapedStayWhatTheyAre(BareServer server, Page page)
            throws Exception {
        var path = "/v1/config/service-defaults/escapes";
        var meta =
                Map.of(
                        "path", "C:\\bin\\foo \\u0008",
                        "control", "a\bb\fc\n\t\u007f\u0085d\u0001",
                        "template", "${plain} ${\"quoted\"} ${open ${{} $${\\} \\${x} ${",
                        "quote", "\"\\\"");
        server.must(
                "PUT",
                "/v1/config",
                Map.of(
                        "Kind", "service-defaults",
                        "Name", "escapes",
                        "Protocol", "tcp",
                        "MaxInboundConnections", 1,
                        "Meta", meta));
        var kept = server.must("GET", path, "").path("Meta");
        assertThat(kept.path("path").asText()).isEqualTo(meta.get("path"));
        page.navigate("http://" + HOST + ":8500/ui/#/config/service-defaults/escapes");
        // the page, and not only its address
        assertThat(page.locator("h1")).hasText("escapes");
        for (var form : List.of("HCL", "JSON")) {
            UiBrowser.button(page, form).click();
            // until then the form before stands there, and is valid
            assertThat(page.getByLabel(BOX))
                    .hasValue(Pattern.compile(form.equals("HCL") ? "^Kind = " : "^\\{\\s"));
            assertThat(verdict(page)).containsText("valid");
            type(
                    page,
                    page.getByLabel(BOX)
                            .inputValue()
                            .replaceFirst(
                                    "(MaxInboundConnections\\W+)\\d+",
                                    "$1" + (form.equals("HCL") ? 2 : 3)));
            assertThat(verdict(page)).containsText("valid");
            UiBrowser.button(page, "Review and save…").click();
            assertThat(page.locator("dialog[open] tr.added .line")).hasCount(1);
            UiBrowser.button(page, "Save").click();
            assertThat(page.locator(".done")).hasText("Saved.");
            var saved = server.must("GET", path, "");
            assertThat(saved.path("MaxInboundConnections").asInt())
                    .isEqualTo(form.equals("HCL") ? 2 : 3);
            assertThat(saved.path("Meta")).isEqualTo(kept);
        }
        server.must("DELETE", path, "");
    }

    private static void newEntryIsWrittenAndDeleted(BareServer server, Page page) throws Exception {
        UiShop.newEntry(page, "service-defaults");
        assertThat(verdict(page)).containsText("Name is required");
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "entry-new.png");
        // one that is there is not replaced unnoticed
        type(page, "{\"Kind\": \"service-defaults\", \"Name\": \"shop\", \"Protocol\": \"http\"}");
        assertThat(verdict(page)).containsText("service-defaults/shop");
        UiBrowser.button(page, "Review and save…").click();
        assertThat(page.locator("dialog[open] .note")).containsText("already. Saving replaces it.");
        UiBrowser.button(page, "Go on editing").click();
        type(page, "{\"Kind\": \"service-defaults\", \"Name\": \"cart\", \"Protocol\": \"tcp\"}");
        assertThat(verdict(page)).containsText("service-defaults/cart");
        UiBrowser.button(page, "HCL").click();
        assertThat(page.getByLabel(BOX)).hasValue(Pattern.compile("Name = \"cart\""));
        assertThat(verdict(page)).containsText("service-defaults/cart");
        UiBrowser.button(page, "Review and save…").click();
        UiBrowser.button(page, "Save").click();
        assertThat(page).hasTitle("service-defaults/cart · eks · Hansa");

        UiBrowser.button(page, "Delete…").click();
        assertThat(page.locator(".consequences")).containsText("Limits and times of cart");
        assertThat(UiBrowser.button(page, "Keep it")).isFocused();
        UiBrowser.picture(page, "entry-delete.png");
        changeUnderAnOpenBoxIsNotDeleted(server, page);
        UiBrowser.button(page, "Delete the entry").click();
        assertThat(page).hasTitle("Config entries · eks · Hansa");
        assertThat(rows(page)).hasCount(5);
        assertThat(server.send("GET", "/v1/config/service-defaults/cart", "").statusCode())
                .isEqualTo(404);
    }

    /// Leaves the box open anew.
    private static void changeUnderAnOpenBoxIsNotDeleted(BareServer server, Page page)
            throws Exception {
        server.must(
                "PUT",
                "/v1/config",
                "{\"Kind\":\"service-defaults\",\"Name\":\"cart\",\"Protocol\":\"tcp\",\"MaxInboundConnections\":77}");
        // the page has it by now
        assertThat(page.getByLabel(BOX)).hasValue(Pattern.compile("77"));
        UiBrowser.button(page, "Delete the entry").click();
        assertThat(page.locator("dialog[open] .problem")).containsText("Not deleted");
        assertThat(server.send("GET", "/v1/config/service-defaults/cart", "").statusCode())
                .isEqualTo(200);
        UiBrowser.button(page, "Keep it").click();
        UiBrowser.button(page, "Delete…").click();
    }
}
