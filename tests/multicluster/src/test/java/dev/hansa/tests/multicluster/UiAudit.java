package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import java.util.Map;
import java.util.regex.Pattern;

/// The page of the audit log: it tells of what is done by itself, and answers questions.
final class UiAudit {
    private static final int NARROW = 400;

    /// More than a page of the log has.
    private static final int MANY = 105;

    private UiAudit() {}

    private static Locator records(Page page) {
        return page.locator("table.audit tbody tr");
    }

    /// The page is drawn anew with each record; what nobody has asked yet is not asked.
    private static void typedWordsStay(BareServer server, Page page) throws Exception {
        page.getByLabel("Who").fill("somebody");
        server.must(
                "PUT",
                "/v1/config",
                Map.of("Kind", "service-defaults", "Name", "more", "Protocol", "tcp"));
        assertThat(records(page).first()).containsText("service-defaults/more");
        assertThat(page.getByLabel("Who")).hasValue("somebody");
        page.getByLabel("Who").fill("");
    }

    static void tellsWhoDidWhat(BareServer server, Page page) throws Exception {
        UiBrowser.go(page, "Audit");
        assertThat(records(page).first()).isVisible();
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "audit.png");
        UiBrowser.darkPicture(page, "audit-dark.png");

        page.getByLabel("On what").fill("service-defaults/");
        UiBrowser.button(page, "Look").click();
        assertThat(page.locator("table.audit")).not().containsText("service-resolver");
        assertThat(records(page).first()).containsText("config-entry.");
        for (var i = 0; i < MANY; i++) {
            server.must(
                    "PUT",
                    "/v1/config",
                    Map.of("Kind", "service-defaults", "Name", "many-" + i, "Protocol", "tcp"));
        }
        // by itself, and not all of them at once
        assertThat(records(page).first()).containsText("many-" + (MANY - 1));
        assertThat(page.locator("table.audit")).hasAttribute("aria-rowcount", "101");
        typedWordsStay(server, page);
        UiBrowser.button(page, "Show older ones").click();
        // of which those near what can be seen are in the page
        UiLists.end(page, "table.audit");
        assertThat(
                        records(page)
                                .filter(
                                        new Locator.FilterOptions()
                                                .setHasText(Pattern.compile("many-0\\b"))))
                .isVisible();

        assertThat(
                        server.send(
                                        "PUT",
                                        "/v1/config?cas=1",
                                        "{\"Kind\":\"service-defaults\",\"Name\":\"many-1\",\"Protocol\":\"http\"}")
                                .body())
                .contains("false");
        page.getByLabel("Kind").selectOption("refusal");
        // and the deletion of what had changed under the box
        assertThat(records(page)).hasCount(2);
        assertThat(records(page).first()).containsText("many-1");
        assertThat(records(page).first()).containsText("refused");
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "audit-refused.png");
        page.setViewportSize(NARROW, 800);
        assertThat(records(page).first()).isVisible();
        UiBrowser.picture(page, "audit-narrow.png");
    }
}
