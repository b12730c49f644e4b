package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.util.List;

/// The table of services: what is asked of it is what it shows, and whoever has no mouse comes to
/// everything.
final class UiServices {
    private static final String ROW =
            "{\"Service\":\"%s\",\"Peer\":\"%s\",\"Kind\":\"\",\"Instances\":2,\"Passing\":%d,\"Warning\":%d,\"Critical\":%d,\"Maintenance\":0,\"Tags\":[\"v1\"],\"Proxies\":2,\"ExportedTo\":%s,\"Stale\":%b}";

    private UiServices() {}

    static void areFilteredAndReachedByKeyboard(Page page) throws IOException {
        UiBrowser.widen(page);
        UiLists.answer(
                page,
                "hansa/services$",
                List.of(
                                ROW.formatted("cart", "", 2, 0, 0, "[\"lke\"]", false),
                                ROW.formatted("ads", "", 0, 0, 2, "[]", false),
                                ROW.formatted("mail", "", 1, 1, 0, "[]", false),
                                ROW.formatted("rates", "lke", 2, 0, 0, "[]", true))
                        .toString());
        UiBrowser.go(page, "Services");
        are(page, "ads", "cart", "mail", "rates");
        where(page, "Here", "ads", "cart", "mail");
        where(page, "Imported", "rates");
        assertThat(page.locator(".services")).containsText("stale");
        where(page, "Exported", "cart");
        assertThat(page.locator(".count")).hasText("1 of 4 services");
        health(page, "critical");
        assertThat(page.locator(".empty-title")).hasText("Nothing found");
        UiBrowser.assertAccessible(page);
        UiBrowser.button(page, "All").click();
        are(page, "ads");
        health(page, "warning");
        are(page, "mail");
        health(page, "passing");
        are(page, "cart", "rates");
        health(page, "any");

        var sort = page.locator(".services th[aria-sort]");
        assertThat(sort).hasAttribute("aria-sort", "none");
        page.locator("button.sort").click();
        assertThat(sort).hasAttribute("aria-sort", "descending");
        are(page, "ads", "mail", "cart", "rates");
        UiBrowser.picture(page, "services-by-health.png");
        UiBrowser.assertReachable(page);
        page.locator("button.sort").press("Enter");
        are(page, "ads", "cart", "mail", "rates");
        page.unrouteAll();
    }

    private static void are(Page page, String... names) {
        assertThat(page.locator(".services tbody th a")).hasText(names);
    }

    private static void where(Page page, String button, String... names) {
        UiBrowser.button(page, button).click();
        assertThat(UiBrowser.button(page, button)).hasAttribute("aria-pressed", "true");
        are(page, names);
    }

    private static void health(Page page, String state) {
        page.getByLabel("Health").selectOption(state);
    }
}
